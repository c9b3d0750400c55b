#include "base/json_text.h"
#include "wire/item_json.h"

#include <gtest/gtest.h>

#include <random>

#include "base/error.h"

namespace brume::wire {
namespace {

std::string stored(std::string_view json) {
  simdjson::dom::parser parser;
  std::string out;
  append_item_from_json(parser.parse(simdjson::padded_string(json)).value(), out);
  return out;
}

/// What AWS would say, as "Code: text".
std::string complaint(std::string_view json) {
  try {
    stored(json);
  } catch (const AwsError& error) {
    return std::string(error.kind().code) + ": " + error.message();
  }
  return "none";
}

std::string round_trip(std::string_view json) {
  const std::string item = stored(json);
  EXPECT_TRUE(is_well_formed_item(item)) << json;
  std::string out;
  append_item_json(ItemView(item), out);
  return out;
}

constexpr const char* kValidation = "ValidationException: ";
constexpr const char* kSerialization = "SerializationException: ";

TEST(ItemJson, EveryTypeComesBack) {
  const std::string json =
      R"({"s":{"S":"text"},"e":{"S":""},"n":{"N":"-56.789"},"b":{"B":"Yg=="},"be":{"B":""},"t":{"BOOL":true},)"
      R"("f":{"BOOL":false},"z":{"NULL":true},"ss":{"SS":["","a","b"]},"ns":{"NS":["-56.789","0","100"]},)"
      R"("bs":{"BS":["AQI=","Yg=="]},"l":{"L":[{"S":"a"},{"L":[]},{"M":{}}]},"m":{"M":{"a":{"M":{"b":{"L":[]}}}}}})";
  EXPECT_EQ(round_trip(json), json);
  EXPECT_EQ(round_trip("{}"), "{}");
}

TEST(ItemJson, SetsComeBackInTheirOwnOrder) {
  EXPECT_EQ(round_trip(
                R"({"a":{"SS":["b","é","","a","aa"]},"n":{"NS":["10","-2.5","9","0"]},"b":{"BS":["/w==","","AQ=="]}})"),
            R"({"a":{"SS":["","a","aa","b","é"]},"n":{"NS":["-2.5","0","9","10"]},"b":{"BS":["","AQ==","/w=="]}})");
  EXPECT_EQ(complaint(R"({"a":{"SS":["b","a","b"]}})"),
            "ValidationException: One or more parameter values were invalid: Input collection [b, a, b] contains "
            "duplicates.");
}

TEST(ItemJson, NumbersAreMadeCanonical) {
  EXPECT_EQ(round_trip(R"({"n":{"N":"-0015.789e6"},"s":{"NS":["1.0","2e2"]}})"),
            R"({"n":{"N":"-15789000"},"s":{"NS":["1","200"]}})");
}

TEST(ItemJson, StringsAreEscapedAsJsonWantsIt) {
  const std::string json = R"({"a\"b":{"S":"quote \" backslash \\ newline \n tab \t bell \u0007 é 😀 / \b\f\r end"}})";
  EXPECT_EQ(round_trip(json), json);
  std::mt19937 random(5);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (unsigned k = random() % 40; k > 0; --k) text += static_cast<char>(random() % 127 + 1);
    std::string quoted;
    append_json_string(quoted, text);
    simdjson::dom::parser parser;
    std::string_view parsed = parser.parse(simdjson::padded_string(quoted)).get_string();
    ASSERT_EQ(parsed, text);
  }
}

TEST(ItemJson, LastOfRepeatedNamesCounts) {
  EXPECT_EQ(round_trip(R"({"a":{"S":"1"},"b":{"S":"2"},"a":{"S":"3"}})"), R"({"b":{"S":"2"},"a":{"S":"3"}})");
  EXPECT_EQ(round_trip(R"({"a":{"M":{"x":{"S":"1"},"x":{"N":"2"}}}})"), R"({"a":{"M":{"x":{"N":"2"}}}})");
  EXPECT_EQ(round_trip(R"({"a":{"S":"1","S":"2"}})"), R"({"a":{"S":"2"}})");
}

TEST(ItemJson, ManyNamesAreAllKept) {
  std::string json = "{";
  for (int i = 0; i < 3000; ++i)
    json += (i > 0 ? ",\"n" : "\"n") + std::to_string(i) + R"(":{"N":")" + std::to_string(i) + "\"}";
  json += "}";
  EXPECT_EQ(round_trip(json), json);
}

TEST(ItemJson, RepeatedNamesAmongManyCostNoMoreThanTheirLength) {
  std::string json = "{", expected = "{";
  for (int round = 0; round < 3; ++round)
    for (int i = 0; i < 30000; ++i) {
      const std::string entry = "\"n" + std::to_string(i) + R"(":{"N":")" + std::to_string(round) + "\"}";
      json += (json.size() > 1 ? "," : "") + entry;
      if (round == 2) expected += (expected.size() > 1 ? "," : "") + entry;
    }
  EXPECT_TRUE(round_trip(json + "}") == expected + "}");
}

TEST(ItemJson, SaysWhatAwsSaysOfValues) {
  const std::string empty = std::string(kValidation) +
                            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes";
  for (const char* json : {R"({"a":{}})", R"({"a":{"a":""}})", R"({"a":{"M":{"a":{}}}})", R"({"a":{"L":[{}]}})",
                           R"({"a":{"L":[{"a":{}}]}})", R"({"a":{"S":null}})", R"({"a":null})"})
    EXPECT_EQ(complaint(json), empty) << json;
  EXPECT_EQ(complaint(R"({"a":{"S":"a","N":"1"}})"),
            std::string(kValidation) +
                "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported "
                "datatypes");
  const std::string invalid = std::string(kValidation) + "One or more parameter values were invalid: ";
  EXPECT_EQ(complaint(R"({"a":{"NULL":"no"}})"), invalid + "Null attribute value types must have the value of true");
  EXPECT_EQ(complaint(R"({"a":{"SS":[]}})"), invalid + "An string set  may not be empty");
  EXPECT_EQ(complaint(R"({"a":{"NS":[]}})"), invalid + "An number set  may not be empty");
  EXPECT_EQ(complaint(R"({"a":{"BS":[]}})"), invalid + "Binary sets should not be empty");
  EXPECT_EQ(complaint(R"({"a":{"SS":["a","a"]}})"), invalid + "Input collection [a, a] contains duplicates.");
  EXPECT_EQ(complaint(R"({"a":{"BS":["Yg==","Yg=="]}})"),
            invalid + "Input collection [Yg==, Yg==]of type BS contains duplicates.");
  EXPECT_EQ(complaint(R"({"a":{"NS":["1","1.0"]}})"),
            std::string(kValidation) + "Input collection contains duplicates");
}

TEST(ItemJson, SaysWhatAwsSaysOfNames) {
  const std::string empty = std::string(kValidation) + "Empty attribute name";
  const std::string large = std::string(kValidation) + "Attribute name is too large, must be less than 65536 bytes";
  const std::string longest(65535, 'n');
  EXPECT_EQ(complaint(R"({"":{"S":"x"}})"), empty);
  EXPECT_EQ(complaint(R"({"a":{"L":[{"M":{"":{"S":"x"}}}]}})"), empty);
  EXPECT_EQ(complaint(R"({")" + longest + R"(":{"S":"x"}})"), "none");
  EXPECT_EQ(complaint(R"({")" + longest + R"(n":{"S":"x"}})"), large);
  EXPECT_EQ(complaint(R"({"a":{"M":{")" + longest + R"(n":{"S":"x"}}}})"), large);

  std::string deep = R"({"S":"x"})";
  for (int i = 0; i < 40; ++i) deep = R"({"L":[)" + deep + "]}";
  EXPECT_EQ(complaint(R"({"d":)" + deep + R"(,"":{"S":"x"}})"), empty);
  EXPECT_TRUE(complaint(R"({"m":{"M":{"":{"S":"x"}}},"d":)" + deep + "}").find("Nesting") != std::string::npos);
  EXPECT_EQ(complaint(R"({"":{}})"),
            std::string(kValidation) +
                "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
}

TEST(ItemJson, SaysWhatAwsSaysOfNumbers) {
  const std::string v = kValidation;
  EXPECT_EQ(complaint(R"({"a":{"N":""}})"), v + "The parameter cannot be converted to a numeric value");
  EXPECT_EQ(complaint(R"({"a":{"S":"a","N":"b"}})"), v + "The parameter cannot be converted to a numeric value: b");
  EXPECT_EQ(complaint(R"({"a":{"NS":["1","b"]}})"), v + "The parameter cannot be converted to a numeric value: b");
  EXPECT_EQ(complaint(R"({"a":{"N":"123456789012345678901234567890123456789"}})"),
            v + "Attempting to store more than 38 significant digits in a Number");
  EXPECT_EQ(complaint(R"({"a":{"N":"-1e126"}})"),
            v + "Number overflow. Attempting to store a number with magnitude larger than supported range");
  EXPECT_EQ(complaint(R"({"a":{"N":"1e-131"}})"),
            v + "Number underflow. Attempting to store a number with magnitude smaller than supported range");
}

TEST(ItemJson, SaysWhatAwsSaysOfJsonTypes) {
  const std::string s = kSerialization;
  EXPECT_EQ(complaint(R"({"a":{"S":true}})"), s + "TRUE_VALUE cannot be converted to String");
  EXPECT_EQ(complaint(R"({"a":{"N":23}})"), s + "NUMBER_VALUE cannot be converted to String");
  EXPECT_EQ(complaint(R"({"a":{"N":34.56}})"), s + "DECIMAL_VALUE cannot be converted to String");
  EXPECT_EQ(complaint(R"({"a":{"S":[]}})"), s + "Unrecognized collection type class java.lang.String");
  EXPECT_EQ(complaint(R"({"a":{"S":{}}})"), s + "Start of structure or map found where not expected");
  EXPECT_EQ(complaint(R"({"a":{"BOOL":23}})"), s + "NUMBER_VALUE cannot be converted to Boolean");
  EXPECT_EQ(complaint(R"({"a":{"BOOL":"23"}})"), s + "Unexpected token received from parser");
  EXPECT_EQ(complaint(R"({"a":{"B":23}})"), s + "only base-64-encoded strings are convertible to bytes");
  EXPECT_EQ(complaint(R"({"a":{"B":"23456"}})"),
            s + "Base64 encoded length is expected a multiple of 4 bytes but found: 5");
  EXPECT_EQ(complaint(R"({"a":{"B":"=+/="}})"), s + "Invalid last non-pad Base64 character dectected");
  EXPECT_EQ(complaint(R"({"a":{"L":"x"}})"), s + "Unexpected field type");
  EXPECT_EQ(complaint(R"({"a":{"SS":{}}})"), s + "Start of structure or map found where not expected");
  EXPECT_EQ(complaint(R"({"a":{"M":[]}})"), s + "Unrecognized collection type java.util.Map<java.lang.String, "
                                                "com.amazonaws.dynamodb.v20120810.AttributeValue>");
  EXPECT_EQ(complaint(R"({"a":"x"})"), s + "Unexpected value type in payload");
  EXPECT_EQ(complaint(R"({"a":[]})"),
            s + "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue");
  EXPECT_EQ(complaint("[]"), s + "Unrecognized collection type java.util.Map<java.lang.String, "
                                 "com.amazonaws.dynamodb.v20120810.AttributeValue>");
}

TEST(ItemJson, WrongTypesGoBeforeWrongValues) {
  EXPECT_EQ(complaint(R"({"a":{},"b":{"S":1}})"),
            std::string(kSerialization) + "NUMBER_VALUE cannot be converted to String");
}

TEST(ItemJson, StringsThatMeanBooleansAreTaken) {
  EXPECT_EQ(round_trip(R"({"a":{"BOOL":"yes"},"b":{"BOOL":"0"},"c":{"NULL":"true"}})"),
            R"({"a":{"BOOL":true},"b":{"BOOL":false},"c":{"NULL":true}})");
}

TEST(ItemJson, NestsThirtyOneTimesAndNoMore) {
  const auto nested = [](int times, std::string_view open, std::string_view close) {
    std::string json = R"({"a":)";
    for (int i = 0; i < times; ++i) json += open;
    json += R"({"S":"x"})";
    for (int i = 0; i < times; ++i) json += close;
    return json + "}";
  };
  const std::string refusal =
      std::string(kValidation) +
      "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit";
  EXPECT_EQ(complaint(nested(31, R"({"M":{"a":)", "}}")), "none");
  EXPECT_EQ(complaint(nested(32, R"({"M":{"a":)", "}}")), refusal);
  EXPECT_EQ(complaint(nested(31, R"({"L":[)", "]}")), "none");
  EXPECT_EQ(complaint(nested(32, R"({"L":[)", "]}")), refusal);
  EXPECT_EQ(complaint(nested(400, R"({"L":[)", "]}")), refusal);
}

}  // namespace
}  // namespace brume::wire
