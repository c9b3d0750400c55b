#include "base/json_members.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace brume {
namespace {

namespace json = boost::json;

TEST(JsonMembers, ReadWhatIsThere) {
  const json::object o{{"t", "x"}, {"n", 7}, {"d", 2.5}, {"f", true}, {"o", json::object{}}, {"a", json::array{1}}};
  EXPECT_EQ(text(o, "t"), "x");
  EXPECT_EQ(text_view(o, "t").data(), o.at("t").as_string().data());
  EXPECT_EQ(optional_text(o, "t"), "x");
  EXPECT_EQ(required_text(o, "t"), "x");
  EXPECT_EQ(whole(o, "n"), 7);
  EXPECT_EQ(whole(o, "d"), 2);
  EXPECT_EQ(number(o, "d"), 2.5);
  EXPECT_EQ(number(o, "n"), 7);
  EXPECT_TRUE(flag(o, "f"));
  EXPECT_EQ(object_member(o, "o"), &o.at("o").as_object());
  EXPECT_EQ(array_member(o, "a"), &o.at("a").as_array());
}

TEST(JsonMembers, AbsentNullAndOtherTypesAreTheDefault) {
  const json::object o{{"null", nullptr}, {"n", 7}, {"t", "x"}, {"huge", 1e300}, {"big", ~std::uint64_t{0}}};
  for (const char* name : {"absent", "null"}) {
    EXPECT_EQ(member(o, name), nullptr);
    EXPECT_EQ(optional_text(o, name), std::nullopt);
    EXPECT_EQ(optional_whole(o, name), std::nullopt);
    EXPECT_EQ(optional_flag(o, name), std::nullopt);
  }
  EXPECT_THROW(required_text(o, "absent"), std::exception);
  EXPECT_THROW(required_text(o, "n"), std::exception);
  EXPECT_EQ(text(o, "n"), "");
  EXPECT_EQ(text_view(o, "n"), "");
  EXPECT_EQ(whole(o, "t", 5), 5);
  EXPECT_EQ(whole(o, "huge", 5), 5);
  EXPECT_EQ(whole(o, "big", 5), 5);
  EXPECT_EQ(number(o, "t"), 0);
  EXPECT_FALSE(flag(o, "n"));
  EXPECT_EQ(object_member(o, "t"), nullptr);
  EXPECT_EQ(array_member(o, "t"), nullptr);
}

TEST(JsonMembers, CopiesWhatIsNotNull) {
  const json::object from{{"null", nullptr}, {"n", 7}};
  json::object to;
  for (const char* name : {"absent", "null", "n"}) copy_member(from, to, name);
  EXPECT_EQ(to, (json::object{{"n", 7}}));
}

}  // namespace
}  // namespace brume
