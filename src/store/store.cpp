#include "store/store.h"

namespace brume::store {

Range Range::of_prefix(std::string_view prefix) {
  Range range{std::string(prefix), std::string(prefix)};
  // The first key after all that start with `prefix`: drop trailing 0xff bytes, raise the last byte left.
  while (!range.end.empty() && static_cast<unsigned char>(range.end.back()) == 0xff) range.end.pop_back();
  if (!range.end.empty()) range.end.back() = static_cast<char>(static_cast<unsigned char>(range.end.back()) + 1);
  return range;
}

}  // namespace brume::store
