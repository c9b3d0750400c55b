#include "service/pattern.h"

#include <re2/re2.h>

#include <cctype>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/log.h"

namespace brume::service {
namespace {

/// RE2 writes code points as \x{…}, and repeats at most 1000 times. A larger bound is dropped: the shape's
/// length says the same.
std::string to_re2(std::string_view pattern) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      if (pattern[i + 1] == 'u' && i + 5 < pattern.size()) {
        out.append("\\x{").append(pattern.substr(i + 2, 4)).append("}");
        i += 5;
      } else {
        out.append(pattern.substr(i, 2));
        ++i;
      }
      continue;
    }
    if (pattern[i] == '{' && i + 1 < pattern.size() && std::isdigit(static_cast<unsigned char>(pattern[i + 1]))) {
      const auto end = pattern.find('}', i);
      const auto comma = pattern.find(',', i);
      if (end != pattern.npos && comma < end) {
        const std::string low(pattern.substr(i + 1, comma - i - 1));
        const std::string high(pattern.substr(comma + 1, end - comma - 1));
        if (low.size() < 4 && high.size() >= 4) {
          out += "{" + low + ",}";
          i = end;
          continue;
        }
      }
    }
    out += pattern[i];
  }
  return out;
}

}  // namespace

bool matches_model_pattern(std::string_view pattern, std::string_view text) {
  static std::mutex mutex;
  static std::unordered_map<std::string_view, std::unique_ptr<re2::RE2>> compiled;
  const re2::RE2* expression = nullptr;
  {
    std::lock_guard lock(mutex);
    auto& entry = compiled[pattern];
    if (!entry) {
      re2::RE2::Options options;
      options.set_log_errors(false);
      options.set_dot_nl(true);
      entry = std::make_unique<re2::RE2>(to_re2(pattern), options);
      if (!entry->ok()) log_debug("pattern_unchecked", {{"pattern", pattern}, {"error", entry->error()}});
    }
    expression = entry.get();
  }
  return !expression->ok() || re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *expression);
}

}  // namespace brume::service
