#include "base/json_text.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace brume {
namespace {

std::string json_of(std::string_view text) {
  std::string out = "x";
  append_json_string(out, text);
  return out.substr(1);
}

TEST(JsonText, EscapesAtEveryPlace) {
  EXPECT_EQ(json_of(""), "\"\"");
  EXPECT_EQ(json_of("\"\\\n\r\t\b\f"), R"("\"\\\n\r\t\b\f")");
  EXPECT_EQ(json_of(std::string("\0\x1f\x7f", 3)), "\"\\u0000\\u001f\x7f\"");
  for (std::size_t length = 1; length < 20; ++length)
    for (std::size_t at = 0; at < length; ++at)
      for (char c : {'"', '\\', '\x01', '\x1f', '\x20', '\xC3'}) {
        std::string text(length, 'a');
        text[at] = c;
        const std::string got = json_of(text);
        if (c == '\xC3') text.replace(at, 1, "\xEF\xBF\xBD");
        EXPECT_EQ(boost::json::parse(got).as_string(), text) << length << " " << at;
      }
}

TEST(JsonText, WhatIsNotUtf8IsReplacedBesideEscapes) {
  EXPECT_EQ(json_of("\xC3\"\xA4"), "\"\xEF\xBF\xBD\\\"\xEF\xBF\xBD\"");
  EXPECT_EQ(json_of("\xC3\xA4\n\xE2\x82\xAC"), "\"\xC3\xA4\\n\xE2\x82\xAC\"");
}

}  // namespace
}  // namespace brume
