#include "wire/item.h"

#include <gtest/gtest.h>

#include "wire/item_json.h"
#include "wire/key_encoding.h"
#include "wire/size.h"

namespace brume::wire {
namespace {

std::string stored(std::string_view json) {
  simdjson::dom::parser parser;
  std::string out;
  append_item_from_json(parser.parse(simdjson::padded_string(json)).value(), out);
  return out;
}
std::string value(std::string_view json) {
  simdjson::dom::parser parser;
  std::string out;
  append_value_from_json(parser.parse(simdjson::padded_string(json)).value(), out);
  return out;
}
std::string json_of(std::string_view item) {
  std::string out;
  append_item_json(ItemView(item), out);
  return out;
}

TEST(StoredItem, IsReadInPlace) {
  const std::string bytes =
      stored(R"({"s":{"S":"text"},"n":{"N":"-12.5"},"l":{"L":[{"S":"a"},{"NULL":true},{"L":[]}]},)"
             R"("m":{"M":{"x":{"BOOL":true},"y":{"B":"AQI="}}},"ns":{"NS":["1","-2","30"]}})");
  const ItemView item(bytes);
  ASSERT_TRUE(is_well_formed_item(bytes));
  EXPECT_EQ(item.size(), 5u);
  EXPECT_EQ(item.find("s")->text(), "text");
  EXPECT_EQ(item.find("n")->number().to_string(), "-12.5");
  EXPECT_FALSE(item.find("absent"));
  const ListView list = item.find("l")->list();
  EXPECT_EQ(list.size(), 3u);
  EXPECT_EQ(list.at(0)->text(), "a");
  EXPECT_EQ(list.at(1)->type(), ValueType::null);
  EXPECT_TRUE(list.at(2)->list().empty());
  EXPECT_FALSE(list.at(3));
  EXPECT_TRUE(item.find("m")->map().find("x")->boolean());
  EXPECT_EQ(item.find("m")->map().find("y")->bytes(), "\x01\x02");
  const SetView set = item.find("ns")->set();
  EXPECT_EQ(set.size(), 3u);
  EXPECT_EQ(set.member_type(), ValueType::number);
  std::string minus_two;
  Number(-2).append_ordered(minus_two);
  EXPECT_TRUE(set.contains(minus_two));
  EXPECT_EQ(set.contains("x"), false);
}

TEST(StoredItem, LongContainersKeepTheirLengths) {
  std::string inner(300, 'x');
  const std::string json = R"({"m":{"M":{"a":{"L":[{"S":")" + inner + R"("},{"M":{"k":{"S":")" + inner + inner +
                           R"("}}}]},"z":{"N":"1"}}},"after":{"S":"here"}})";
  const std::string bytes = stored(json);
  ASSERT_TRUE(is_well_formed_item(bytes));
  EXPECT_EQ(json_of(bytes), json);
  EXPECT_EQ(ItemView(bytes).find("after")->text(), "here");
}

TEST(StoredItem, AttributesAreSetAndTakenAway) {
  const std::string item = stored(R"({"a":{"S":"1"},"b":{"S":"2"}})");
  const std::string number = value(R"({"N":"7"})");
  EXPECT_EQ(json_of(with_attribute(ItemView(item), "a", ValueView(number))), R"({"a":{"N":"7"},"b":{"S":"2"}})");
  EXPECT_EQ(json_of(with_attribute(ItemView(item), "c", ValueView(number))),
            R"({"a":{"S":"1"},"b":{"S":"2"},"c":{"N":"7"}})");
  EXPECT_EQ(json_of(without_attribute(ItemView(item), "a")), R"({"b":{"S":"2"}})");
}

TEST(StoredItem, EqualityIgnoresOrderWhereAwsDoes) {
  const auto equal = [](std::string_view a, std::string_view b) {
    const std::string left = value(a), right = value(b);
    EXPECT_EQ(values_equal(ValueView(left), ValueView(right)), values_equal(ValueView(right), ValueView(left)));
    return values_equal(ValueView(left), ValueView(right));
  };
  EXPECT_TRUE(equal(R"({"SS":["a","b"]})", R"({"SS":["b","a"]})"));
  EXPECT_TRUE(equal(R"({"NS":["1","2.0"]})", R"({"NS":["2","1e0"]})"));
  EXPECT_FALSE(equal(R"({"SS":["a","b"]})", R"({"SS":["b","c"]})"));
  EXPECT_TRUE(equal(R"({"M":{"a":{"N":"1"},"b":{"S":"x"}}})", R"({"M":{"b":{"S":"x"},"a":{"N":"1.0"}}})"));
  EXPECT_FALSE(equal(R"({"M":{"a":{"N":"1"}}})", R"({"M":{"a":{"N":"1"},"b":{"N":"1"}}})"));
  EXPECT_FALSE(equal(R"({"M":{"a":{"N":"1"},"b":{"N":"2"}}})", R"({"M":{"b":{"N":"2"},"a":{"N":"3"}}})"));
  EXPECT_FALSE(equal(R"({"M":{"a":{"N":"1"},"b":{"N":"2"}}})", R"({"M":{"b":{"N":"2"},"c":{"N":"1"}}})"));
  EXPECT_FALSE(equal(R"({"L":[{"N":"1"},{"N":"2"}]})", R"({"L":[{"N":"2"},{"N":"1"}]})"));
  EXPECT_FALSE(equal(R"({"S":"1"})", R"({"N":"1"})"));
  EXPECT_FALSE(equal(R"({"BOOL":true})", R"({"BOOL":false})"));
  EXPECT_TRUE(equal(R"({"L":[{"SS":["x","y"]}]})", R"({"L":[{"SS":["y","x"]}]})"));
}

TEST(StoredItem, OrdersScalarsOfOneType) {
  const auto order = [](std::string_view a, std::string_view b) {
    const std::string left = value(a), right = value(b);
    return compare_values(ValueView(left), ValueView(right));
  };
  EXPECT_EQ(order(R"({"S":"a"})", R"({"S":"b"})"), std::strong_ordering::less);
  EXPECT_EQ(order(R"({"S":"é"})", R"({"S":"z"})"), std::strong_ordering::greater);
  EXPECT_EQ(order(R"({"N":"10"})", R"({"N":"9"})"), std::strong_ordering::greater);
  EXPECT_EQ(order(R"({"N":"-10"})", R"({"N":"-9"})"), std::strong_ordering::less);
  EXPECT_EQ(order(R"({"B":"/w=="})", R"({"B":"fw=="})"), std::strong_ordering::greater);
  EXPECT_EQ(order(R"({"S":"1"})", R"({"N":"1"})"), std::nullopt);
  EXPECT_EQ(order(R"({"BOOL":true})", R"({"BOOL":true})"), std::nullopt);
}

TEST(StoredItem, DamagedBytesAreNotWellFormed) {
  const std::string good =
      stored(R"({"s":{"S":"text"},"l":{"L":[{"N":"12"},{"SS":["a"]}]},"m":{"M":{"k":{"B":"AA=="}}}})");
  ASSERT_TRUE(is_well_formed_item(good));
  ASSERT_TRUE(is_well_formed_item(""));
  for (std::size_t length = 1; length < good.size(); ++length) {
    const std::string cut = good.substr(0, length);
    // A cut between attributes leaves an item; anywhere else it doesn't.
    bool at_boundary = false;
    for (const Attribute& attribute : ItemView(good))
      at_boundary |= attribute.stored.data() + attribute.stored.size() == good.data() + length;
    EXPECT_EQ(is_well_formed_item(cut), at_boundary) << length;
  }
  EXPECT_FALSE(is_well_formed_value(std::string_view("\x0c", 1)));
  EXPECT_FALSE(is_well_formed_value(std::string_view("\x01\x80\x00", 3)));                  // overlong length
  EXPECT_FALSE(is_well_formed_value(std::string_view("\x09\x00", 2)));                      // empty set
  EXPECT_FALSE(is_well_formed_value(std::string_view("\x01\xff\xff\xff\xff\xff\x01", 7)));  // absurd length
  std::string deep;
  for (int i = 0; i < kMaxNestingDepth; ++i) {
    std::string outer;
    ContainerBuilder list(outer, ValueType::list);
    outer += deep;
    list.finish();
    deep = outer;
    EXPECT_EQ(is_well_formed_value(deep), i + 1 < kMaxNestingDepth) << i;
  }
}

TEST(ItemSize, FollowsAwsRules) {
  const auto size = [](std::string_view json) {
    const std::string item = stored(json);
    return item_size(ItemView(item));
  };
  EXPECT_EQ(size(R"({"a":{"S":"abc"}})"), 4u);
  EXPECT_EQ(size(R"({"é":{"S":"é"}})"), 4u);
  EXPECT_EQ(size(R"({"a":{"B":"AQI="}})"), 3u);
  EXPECT_EQ(size(R"({"a":{"N":"12.3456"}})"), 5u);
  EXPECT_EQ(size(R"({"a":{"N":"0"}})"), 2u);
  EXPECT_EQ(size(R"({"a":{"BOOL":true},"b":{"NULL":true}})"), 4u);
  EXPECT_EQ(size(R"({"a":{"SS":["ab","c"]},"n":{"NS":["1","-1"]}})"), 4u + 6u);
  EXPECT_EQ(size(R"({"a":{"L":[]}})"), 4u);
  EXPECT_EQ(size(R"({"a":{"L":[{"S":"ab"},{"N":"1"}]}})"), 1u + 3u + 1u + 2u + 1u + 2u);
  EXPECT_EQ(size(R"({"a":{"M":{"key":{"S":"v"}}}})"), 1u + 3u + 1u + 3u + 1u);
}

TEST(KeyEncoding, SortsAsValuesDoAndComesBack) {
  const std::string texts[] = {"",
                               std::string("\0", 1),
                               std::string("\0\0", 2),
                               std::string("\0\x01", 2),
                               "a",
                               std::string("a\0", 2),
                               std::string("a\0b", 3),
                               "a\x01",
                               "ab",
                               "b",
                               "\xff",
                               "\xff\xff"};
  std::string previous;
  for (const std::string& text : texts) {
    std::string stored_text, key;
    append_string(stored_text, text);
    append_key(key, ValueView(stored_text));
    EXPECT_LT(previous, key);
    EXPECT_FALSE(!previous.empty() && (key.starts_with(previous) || previous.starts_with(key)));
    std::string prefix;
    append_key_prefix(prefix, text);
    EXPECT_TRUE(key.starts_with(prefix));
    previous = key;
    const std::string both = key + "rest";
    std::string_view left = both;
    std::string read;
    ASSERT_TRUE(read_key(left, ValueType::string, read));
    EXPECT_EQ(left, "rest");
    EXPECT_EQ(read, stored_text);
  }
}

TEST(KeyEncoding, RefusesDamagedKeys) {
  const auto reads = [](std::string bytes, ValueType type) {
    std::string_view left = bytes;
    std::string out;
    return read_key(left, type, out);
  };
  EXPECT_FALSE(reads("abc", ValueType::string));
  EXPECT_FALSE(reads(std::string("abc\0", 4), ValueType::string));
  EXPECT_FALSE(reads(std::string("abc\0\x02", 5), ValueType::binary));
  EXPECT_FALSE(reads("\x80", ValueType::number));
  EXPECT_FALSE(reads("x", ValueType::list));
}

TEST(KeyEncoding, AfterPrefixIsTheLeastBeyondAllThatBeginWithIt) {
  EXPECT_EQ(after_prefix("ab"), "ac");
  EXPECT_EQ(after_prefix("a\xff\xff"), "b");
  EXPECT_EQ(after_prefix("\xff"), "");
}

}  // namespace
}  // namespace brume::wire
