#include "base/utf8.h"

namespace brume {

void append_valid_utf8(std::string& out, std::string_view text) {
  while (true) {
    const std::size_t good = utf8_prefix(text);
    out.append(text.substr(0, good));
    if (good == text.size()) return;
    out += "\xef\xbf\xbd";
    text.remove_prefix(good + 1);
  }
}

std::string to_valid_utf8(std::string text) {
  if (is_utf8(text)) return text;
  std::string out;
  out.reserve(text.size() + 16);
  append_valid_utf8(out, text);
  return out;
}

}  // namespace brume
