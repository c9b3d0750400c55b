#include "lambda/keys.h"

#include "base/bytes.h"
#include "store/key_spaces.h"

namespace brume::lambda {
namespace {
constexpr char kFunctions[] = {store::kLambdaSpace, 'f'};
constexpr char kAsync[] = {store::kLambdaSpace, 'a'};
}  // namespace

std::string function_key(const FunctionId& id, std::string_view version) {
  std::string key(kFunctions, 2);
  for (std::string_view part : {std::string_view(id.account), std::string_view(id.region), std::string_view(id.name)}) {
    key += part;
    key += '\0';
  }
  key += version;
  return key;
}

store::Range function_records() { return store::Range::of_prefix(std::string_view(kFunctions, 2)); }

std::string async_key(std::uint64_t due_millis, std::string_view id) {
  std::string key(kAsync, 2);
  append_big_endian(key, due_millis);
  key += id;
  return key;
}

store::Range async_records() { return store::Range::of_prefix(std::string_view(kAsync, 2)); }

std::uint64_t async_due(std::string_view key) { return read_big_endian<std::uint64_t>(key.data() + 2); }

}  // namespace brume::lambda
