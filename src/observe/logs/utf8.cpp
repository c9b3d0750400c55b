#include "observe/logs/utf8.h"

#include "service/utf8.h"

namespace brume::observe {

std::string to_valid_utf8(std::string text) {
  std::size_t valid = service::utf8_prefix(text);
  if (valid == text.size()) return text;
  std::string out = text.substr(0, valid);
  while (valid < text.size()) {
    out += "\xef\xbf\xbd";
    const std::string_view rest = std::string_view(text).substr(valid + 1);
    const std::size_t good = service::utf8_prefix(rest);
    out.append(rest.substr(0, good));
    valid += 1 + good;
  }
  return out;
}

}  // namespace brume::observe
