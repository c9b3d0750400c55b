#include "observe/logs/filter_pattern.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace brume::observe {
namespace {

bool matches(std::string_view pattern, std::string_view message) {
  return FilterPattern::parse(pattern).matches(message);
}

TEST(FilterPattern, RequiresEveryTermWithCase) {
  EXPECT_TRUE(matches("ERROR ARGS", "[ARGS] an ERROR"));
  EXPECT_FALSE(matches("ERROR ARGS", "an ERROR"));
  EXPECT_FALSE(matches("error", "ERROR"));
  EXPECT_TRUE(matches("", "anything"));
  EXPECT_TRUE(matches("  ", "anything"));
}

TEST(FilterPattern, ExcludesTerms) {
  EXPECT_FALSE(matches("ERROR -ARGS", "ERROR ARGS"));
  EXPECT_TRUE(matches("ERROR -ARGS", "ERROR"));
  EXPECT_TRUE(matches("-\"a b\"", "a  b"));
  EXPECT_FALSE(matches("-\"a b\"", "xa by"));
}

TEST(FilterPattern, NeedsOneOfTheAlternativesUnlessATermIsRequired) {
  EXPECT_TRUE(matches("?ERROR ?WARN", "WARN x"));
  EXPECT_FALSE(matches("?ERROR ?WARN", "INFO x"));
  EXPECT_TRUE(matches("?ERROR REQUEST", "REQUEST"));
}

TEST(FilterPattern, QuotedPhrasesHoldAnyCharacter) {
  EXPECT_TRUE(matches(R"("a \"b\" {c}")", R"(xx a "b" {c} yy)"));
  EXPECT_TRUE(matches(R"("[x]")", "[x]"));
}

TEST(FilterPattern, RefusesWhatItCannotDo) {
  for (std::string_view pattern : {"{ $.a = 1 }", "[ip, user]", "%a.b%", "\"open", "\"\"", "-", "? x", "a\"b\"", "a|b"})
    EXPECT_THROW(FilterPattern::parse(pattern), AwsError) << pattern;
}

}  // namespace
}  // namespace brume::observe
