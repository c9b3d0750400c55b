// Small change for text. Letters are ASCII's; other bytes stay as they are, whatever the locale.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace brume {

/// `text` in lower case.
inline std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// `text` without the spaces and tabs at its ends. A view into `text`.
inline std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// The parts between the separators, empty ones too; one part if there is no separator. Views into `text`.
std::vector<std::string_view> split(std::string_view text, char separator);

/// Whether `text` is what a policy's pattern names: '*' stands for any run of characters, '?' for one.
/// Time: at most pattern × text.
bool wildcard_match(std::string_view pattern, std::string_view text);

}  // namespace brume
