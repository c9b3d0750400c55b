#include "service/pattern.h"

#include <re2/re2.h>

#include <cctype>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <unordered_map>

#include "base/log.h"

namespace brume::service {
namespace {

/// A pattern with look-around, as two without it: the text must match the one and not the other.
struct Rewritten {
  std::string_view pattern, wanted, unwanted;
};
#define BRUME_LAMBDA_REGION "(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}"
#define BRUME_LAMBDA_FUNCTION \
  "(arn:(aws[a-zA-Z-]*)?:lambda:)?(" BRUME_LAMBDA_REGION ":)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_]{1,64})"
constexpr Rewritten kRewritten[] = {
    {"(?!^[0-9]+$)([a-zA-Z0-9-_]+)", "[a-zA-Z0-9-_]+", "[0-9]+"},
    {"((?!^\\d+$)^[0-9a-zA-Z-_]+$)", "[0-9a-zA-Z-_]+", "[0-9]+"},
    {"(^(?!(system\\x2e)))(^[_a-zA-Z0-9])([^$]*)", "[_a-zA-Z0-9][^$]*", "system\\.[\\s\\S]*"},
    {"[0-9A-Za-z\\.\\-_]*(?<!\\.)", "[0-9A-Za-z\\.\\-_]*", "[\\s\\S]*\\."},
    {"^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$", "[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", "[\\s\\S]*--[\\s\\S]*"},
    {BRUME_LAMBDA_FUNCTION "(:((?!\\d+$)[0-9a-zA-Z-_]+))?", BRUME_LAMBDA_FUNCTION "(:[0-9a-zA-Z-_]+)?",
     BRUME_LAMBDA_FUNCTION ":[0-9]+"},
    // Not look-around, but names that RE2 does not have.
    {"\\p{Print}+", "[ -~]+", {}},
    {"[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF\\r\\n\\t]*",
     "[\\u0020-\\uD7FF\\uE000-\\uFFFD\\x{10000}-\\x{10FFFF}\\r\\n\\t]*",
     {}},
};
#undef BRUME_LAMBDA_FUNCTION
#undef BRUME_LAMBDA_REGION

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

struct Compiled {
  std::unique_ptr<re2::RE2> wanted, unwanted;
};

std::unique_ptr<re2::RE2> compile(std::string_view pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto expression = std::make_unique<re2::RE2>(to_re2(pattern), options);
  if (!expression->ok()) log_debug("pattern_unchecked", {{"pattern", pattern}, {"error", expression->error()}});
  return expression;
}

const Compiled& compiled_pattern(std::string_view pattern) {
  static std::mutex mutex;
  static std::unordered_map<std::string_view, Compiled> known;  // nodes stay where they are
  std::lock_guard lock(mutex);
  Compiled& entry = known[pattern];
  if (!entry.wanted) {
    std::string_view wanted = pattern, unwanted;
    for (const Rewritten& rewritten : kRewritten)
      if (rewritten.pattern == pattern) std::tie(wanted, unwanted) = std::pair(rewritten.wanted, rewritten.unwanted);
    entry.wanted = compile(wanted);
    if (!unwanted.empty()) entry.unwanted = compile(unwanted);
  }
  return entry;
}

bool matches(const re2::RE2& expression, std::string_view text) {
  return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), expression);
}

}  // namespace

bool is_checkable_pattern(std::string_view pattern) {
  const Compiled& found = compiled_pattern(pattern);
  return found.wanted->ok() && (!found.unwanted || found.unwanted->ok());
}

bool matches_model_pattern(std::string_view pattern, std::string_view text) {
  const Compiled& found = compiled_pattern(pattern);
  if (!found.wanted->ok()) return true;
  return matches(*found.wanted, text) && !(found.unwanted && found.unwanted->ok() && matches(*found.unwanted, text));
}

std::optional<Pattern> Pattern::compile(std::string_view text) {
  constexpr std::size_t kTextMax = 4096;
  constexpr std::int64_t kCompiledMax = 1 << 20;
  if (text.size() > kTextMax) return std::nullopt;
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kCompiledMax);
  auto expression = std::make_shared<re2::RE2>(re2::StringPiece(text.data(), text.size()), options);
  if (!expression->ok()) return std::nullopt;
  return Pattern(std::move(expression));
}

bool Pattern::matches(std::string_view text) const { return service::matches(*expression_, text); }

}  // namespace brume::service
