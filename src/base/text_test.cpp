#include "base/text.h"

#include <gtest/gtest.h>

namespace brume {
namespace {

using Parts = std::vector<std::string_view>;

TEST(Text, LowerLeavesOtherBytesAlone) {
  EXPECT_EQ(lower("AbZ[@`{09"), "abz[@`{09");
  EXPECT_EQ(lower("\xC3\x84\xFF"), "\xC3\x84\xFF");
}

TEST(Text, TrimTakesSpacesAndTabsOfTheEnds) {
  EXPECT_EQ(trim(" \ta b\t "), "a b");
  EXPECT_EQ(trim("\na\n"), "\na\n");
  EXPECT_EQ(trim(" \t "), "");
}

TEST(Text, SplitKeepsEmptyParts) {
  EXPECT_EQ(split("", ':'), Parts{""});
  EXPECT_EQ(split("a", ':'), Parts{"a"});
  EXPECT_EQ(split(":a::b:", ':'), (Parts{"", "a", "", "b", ""}));
}

TEST(Text, WildcardsMatchWholeTexts) {
  EXPECT_TRUE(wildcard_match("", ""));
  EXPECT_TRUE(wildcard_match("*", ""));
  EXPECT_TRUE(wildcard_match("**", "abc"));
  EXPECT_TRUE(wildcard_match("a?c", "abc"));
  EXPECT_TRUE(wildcard_match("lambda:*Function", "lambda:InvokeFunction"));
  EXPECT_TRUE(wildcard_match("*a*b", "xaxbxab"));
  EXPECT_FALSE(wildcard_match("", "a"));
  EXPECT_FALSE(wildcard_match("?", ""));
  EXPECT_FALSE(wildcard_match("a?c", "ac"));
  EXPECT_FALSE(wildcard_match("*b", "ba"));
  EXPECT_FALSE(wildcard_match("lambda:Invoke", "lambda:InvokeFunction"));
}

}  // namespace
}  // namespace brume
