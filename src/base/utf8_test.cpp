#include "base/utf8.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/utf8_stream.h"

namespace brume {
namespace {

TEST(Utf8, KeepsWhatIsWellFormed) {
  const std::string text = "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80";
  EXPECT_TRUE(is_utf8(text));
  EXPECT_EQ(to_valid_utf8(text), text);
  EXPECT_EQ(to_valid_utf8(""), "");
}

TEST(Utf8, ReplacesEachByteThatIsNoPartOfACharacter) {
  EXPECT_EQ(to_valid_utf8("a\xFFz"), "a\xEF\xBF\xBDz");
  EXPECT_EQ(to_valid_utf8("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD");              // cut off
  EXPECT_EQ(to_valid_utf8("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");              // overlong
  EXPECT_EQ(to_valid_utf8("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate
  EXPECT_EQ(to_valid_utf8("\xF4\x90\x80\x80x"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDx");
}

TEST(Utf8Stream, AgreesWithTheWholeTextWhereverItIsCut) {
  // Every run of four bytes at which a rule of RFC 3629 begins or ends.
  constexpr std::string_view edges =
      "a\x7f\x80\x8f\x90\x9f\xa0\xbf\xc1\xc2\xdf\xe0\xec\xed\xee\xef\xf0\xf3\xf4\xf5\xff";
  std::string text = "12345678....";
  for (const char a : edges)
    for (const char b : edges)
      for (const char c : edges)
        for (const char d : edges) {
          text.replace(8, 4, {a, b, c, d});
          Utf8Stream whole, cut;
          const bool good = whole.add(text) && whole.complete();
          bool pieces = true;
          for (const char byte : text) pieces = pieces && cut.add({&byte, 1});
          ASSERT_EQ(good, is_utf8(text)) << hex_encode(text);
          ASSERT_EQ(pieces && cut.complete(), good) << hex_encode(text);
        }
}

}  // namespace
}  // namespace brume
