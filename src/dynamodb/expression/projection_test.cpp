#include "dynamodb/expression/projection.h"

#include "dynamodb/expression/expression_test_support.h"

namespace brume::dynamodb {
namespace {

using namespace expression_test;

std::string projected(std::string_view item, std::string_view text, std::string_view names = "") {
  const std::string bytes = stored(item);
  ExpressionContext context;
  fill(context, {names, ""});
  const std::string out = ProjectionExpression::parse(text, context).project(wire::ItemView(bytes));
  EXPECT_TRUE(wire::is_well_formed_item(out));
  return json_of(out);
}

std::string complaint(std::string_view text, std::string_view names = "") {
  return complaint_of([&] {
    ExpressionContext context;
    fill(context, {names, ""});
    ProjectionExpression::parse(text, context);
  });
}

constexpr std::string_view kItem =
    R"({"a":{"S":"k"},"b":{"M":{"a":{"S":"1"},"b":{"S":"2"},"c":{"S":"3"}}},)"
    R"("c":{"L":[{"M":{"a":{"S":"x"},"b":{"S":"y"}}},{"S":"one"},{"S":"two"},{"L":[{"N":"1"},{"N":"2"}]}]}})";

TEST(Projection, KeepsWhatIsNamed) {
  EXPECT_EQ(projected(kItem, "a"), R"({"a":{"S":"k"}})");
  EXPECT_EQ(projected(kItem, "b.c,c[2],b.b,c[1],c[0].a"),
            R"({"b":{"M":{"b":{"S":"2"},"c":{"S":"3"}}},"c":{"L":[{"M":{"a":{"S":"x"}}},{"S":"one"},{"S":"two"}]}})");
  EXPECT_EQ(projected(kItem, "#c[3][1], #a", R"({"#c":"c","#a":"a"})"),
            R"({"a":{"S":"k"},"c":{"L":[{"L":[{"N":"2"}]}]}})");
}

TEST(Projection, WhatIsNotThereLeavesNoTrace) {
  EXPECT_EQ(projected(kItem, "x, b.x, c[9], c[1].a, a.b"), "{}");
  EXPECT_EQ(projected(kItem, "a[0], b[0], c.a"), "{}");
  EXPECT_EQ(projected(kItem, "b.x, b.a"), R"({"b":{"M":{"a":{"S":"1"}}}})");
  EXPECT_EQ(projected(R"({"m":{"M":{}},"l":{"L":[]}})", "m, l"), R"({"m":{"M":{}},"l":{"L":[]}})");
  EXPECT_EQ(projected(R"({"m":{"M":{"e":{"M":{}}}}})", "m.e"), R"({"m":{"M":{"e":{"M":{}}}}})");
}

TEST(Projection, TakesPlainAttributeNames) {
  const std::string item = stored(kItem);
  const std::string_view names[] = {"c", "a", "nothing"};
  const std::string out = ProjectionExpression::of_attributes(names).project(wire::ItemView(item));
  EXPECT_EQ(wire::ItemView(out).size(), 2u);
  EXPECT_TRUE(wire::ItemView(out).contains("a") && wire::ItemView(out).contains("c"));
}

TEST(Projection, SaysWhatAwsSays) {
  EXPECT_EQ(complaint(""), "Invalid ProjectionExpression: The expression can not be empty;");
  EXPECT_EQ(complaint("!!!"), "Invalid ProjectionExpression: Syntax error; token: \"!\", near: \"!!\"");
  EXPECT_EQ(complaint("a b"), "Invalid ProjectionExpression: Syntax error; token: \"b\", near: \"a b\"");
  EXPECT_EQ(complaint("a,"), "Invalid ProjectionExpression: Syntax error; token: \"<EOF>\", near: \",\"");
  for (const char* text : {"whatever(stuff)", ":a", "abort,", "a,,b", "a..b", "a[b]", "(a.b).c", "(a)", "(a,b)", "a-b"})
    EXPECT_TRUE(complaint(text).starts_with("Invalid ProjectionExpression: Syntax error; ")) << text;
  EXPECT_EQ(complaint("a.abORt"),
            "Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: abORt");
  EXPECT_EQ(complaint("#a,ABSoLUTE"),
            "Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: ABSoLUTE");
  EXPECT_EQ(complaint("a,b,a,#a"),
            "Invalid ProjectionExpression: An expression attribute name used in the document path is not defined; "
            "attribute name: #a");
  std::string deep = "a";
  for (int i = 0; i < 31; ++i) deep += ".b";
  EXPECT_EQ(complaint(deep), "none");
  EXPECT_EQ(complaint(deep + ".b"),
            "Invalid ProjectionExpression: The document path has too many nesting levels; nesting levels: 33");
}

TEST(Projection, OverlapsAndConflicts) {
  const auto clash = [](std::string_view what, std::string_view one, std::string_view two) {
    return "Invalid ProjectionExpression: Two document paths " + std::string(what) +
           " with each other; must remove or rewrite one of these paths; path one: " + std::string(one) +
           ", path two: " + std::string(two);
  };
  const std::string_view names = R"({"#a":"a","#b":"[3]"})";
  EXPECT_EQ(complaint("b[1], b.a, #a.b, a", names), clash("overlap", "[a, b]", "[a]"));
  EXPECT_EQ(complaint("a, #a[1]", names), clash("overlap", "[a]", "[a, [1]]"));
  EXPECT_EQ(complaint("a.b, #a[1], #b", names), clash("conflict", "[a, b]", "[a, [1]]"));
  EXPECT_EQ(complaint("a.b[1], #a[1], #b", names), clash("conflict", "[a, b, [1]]", "[a, [1]]"));
  EXPECT_EQ(complaint("a[3].b, #a.#b.b", names), clash("conflict", "[a, [3], b]", "[a, [3], b]"));
  EXPECT_EQ(complaint("a.b, a.c, a.d[0], a.d[1]"), "none");
}

}  // namespace
}  // namespace brume::dynamodb
