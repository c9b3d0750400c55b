#include "dynamodb/expression/update.h"

#include "dynamodb/expression/expression_test_support.h"

namespace brume::dynamodb {
namespace {

using namespace expression_test;

std::string parse_complaint(std::string_view text, Request request = {}) {
  return complaint_of([&] {
    ExpressionContext context;
    fill(context, request);
    UpdateExpression::parse(text, context);
  });
}

std::string updated(std::string_view item, std::string_view text, Request request = {}) {
  const std::string before = stored(item);
  ExpressionContext context;
  fill(context, request);
  const std::string after = UpdateExpression::parse(text, context).apply(wire::ItemView(before));
  EXPECT_TRUE(wire::is_well_formed_item(after)) << text;
  return json_of(after);
}

std::string apply_complaint(std::string_view item, std::string_view text, Request request = {}) {
  return complaint_of([&] { updated(item, text, request); });
}

constexpr std::string_view kMissing = "The provided expression refers to an attribute that does not exist in the item";
constexpr std::string_view kBadPath = "The document path provided in the update expression is invalid for update";
constexpr std::string_view kBadType = "An operand in the update expression has an incorrect data type";

TEST(Update, SetsCopiesAndRemoves) {
  const Request v{"", R"({":v":{"N":"4"}})"};
  EXPECT_EQ(updated(R"({"p":{"S":"k"}})", "SET b = :v", v), R"({"p":{"S":"k"},"b":{"N":"4"}})");
  EXPECT_EQ(updated(R"({"p":{"S":"k"},"b":{"S":"x"},"c":{"S":"y"}})", "  set   b=:v  ", v),
            R"({"p":{"S":"k"},"b":{"N":"4"},"c":{"S":"y"}})");
  EXPECT_EQ(updated(R"({"a":{"S":"hi"},"b":{"S":"x"}})", "REMOVE a SET b = a"), R"({"b":{"S":"hi"}})");
  EXPECT_EQ(updated(R"({"a":{"S":"1"},"b":{"S":"2"}})", "SET a = b, b = a"), R"({"a":{"S":"2"},"b":{"S":"1"}})");
  EXPECT_EQ(updated(R"({"a":{"S":"1"}})", "REMOVE absent"), R"({"a":{"S":"1"}})");
  EXPECT_EQ(updated(R"({"p":{"S":"k"}})", "SET #a = :v", {R"({"#a":"a.b c"})", v.values}),
            R"({"p":{"S":"k"},"a.b c":{"N":"4"}})");
}

TEST(Update, AddsAndSubtracts) {
  const Request v{"", R"({":a":{"N":"5"},":b":{"N":"2"}})"};
  EXPECT_EQ(updated("{}", "SET x = :a + :b, y = :a - :b", v), R"({"x":{"N":"7"},"y":{"N":"3"}})");
  EXPECT_EQ(updated(R"({"n":{"N":"0.1"}})", "SET n = n + :a", {"", R"({":a":{"N":"0.2"}})"}), R"({"n":{"N":"0.3"}})");
  EXPECT_EQ(updated("{}", "SET b = if_not_exists(b, :a)+:b", v), R"({"b":{"N":"7"}})");
  EXPECT_EQ(updated(R"({"b":{"N":"1"}})", "SET c = ((b) + (:a))", {"", R"({":a":{"N":"5"}})"}),
            R"({"b":{"N":"1"},"c":{"N":"6"}})");
  const std::string_view overflow =
      "Number overflow. Attempting to store a number with magnitude larger than supported range";
  EXPECT_EQ(apply_complaint("{}", "SET b = :a + :b", {"", R"({":a":{"N":"9e125"},":b":{"N":"9e125"}})"}), overflow);
  EXPECT_EQ(apply_complaint("{}", "SET b = :a - :b", {"", R"({":a":{"N":"1e50"},":b":{"N":"1"}})"}), overflow);
  EXPECT_EQ(apply_complaint(R"({"n":{"N":"9e125"}})", "ADD n :a", {"", R"({":a":{"N":"9e125"}})"}), overflow);
}

TEST(Update, Functions) {
  const Request v{"", R"({":l":{"L":[{"N":"1"}]}})"};
  EXPECT_EQ(updated(R"({"a":{"L":[{"S":"x"}]}})", "SET a = list_append(a, :l)", v),
            R"({"a":{"L":[{"S":"x"},{"N":"1"}]}})");
  EXPECT_EQ(updated(R"({"a":{"L":[{"S":"x"}]}})", "SET a = list_append(:l, a)", v),
            R"({"a":{"L":[{"N":"1"},{"S":"x"}]}})");
  EXPECT_EQ(updated("{}", "SET a = list_append(if_not_exists(a, :l), :l)", v), R"({"a":{"L":[{"N":"1"},{"N":"1"}]}})");
  EXPECT_EQ(updated(R"({"c":{"S":"c"}})", "SET a = if_not_exists(b, if_not_exists(c, :l))", v),
            R"({"c":{"S":"c"},"a":{"S":"c"}})");
  EXPECT_EQ(updated(R"({"a":{"S":"old"}})", "SET a = if_not_exists(a, :l)", v), R"({"a":{"S":"old"}})");
}

TEST(Update, NumbersAndSetsGrowAndShrink) {
  const Request n{"", R"({":v":{"N":"7"}})"};
  EXPECT_EQ(updated(R"({"a":{"N":"3"}})", "ADD a :v", n), R"({"a":{"N":"10"}})");
  EXPECT_EQ(updated("{}", "ADD a :v", n), R"({"a":{"N":"7"}})");
  const Request s{"", R"({":v":{"SS":["b","c"]}})"};
  EXPECT_EQ(updated(R"({"a":{"SS":["a","b"]}})", "ADD a :v", s), R"({"a":{"SS":["a","b","c"]}})");
  EXPECT_EQ(updated(R"({"a":{"SS":["a","z"]}})", "ADD a :v", s), R"({"a":{"SS":["a","b","c","z"]}})");
  EXPECT_EQ(updated("{}", "ADD a :v", s), R"({"a":{"SS":["b","c"]}})");
  EXPECT_EQ(updated(R"({"a":{"SS":["a","b"]}})", "DELETE a :v", s), R"({"a":{"SS":["a"]}})");
  EXPECT_EQ(updated(R"({"p":{"S":"k"},"a":{"SS":["c","b"]}})", "DELETE a :v", s), R"({"p":{"S":"k"}})");
  EXPECT_EQ(updated("{}", "DELETE a :v", s), "{}");
  EXPECT_EQ(updated(R"({"a":{"NS":["1","2.0"]}})", "DELETE a :v", {"", R"({":v":{"NS":["2"]}})"}),
            R"({"a":{"NS":["1"]}})");
}

TEST(Update, NestedPaths) {
  const Request v{"", R"({":v":{"N":"7"}})"};
  EXPECT_EQ(updated(R"({"a":{"M":{"b":{"N":"3"},"c":{"N":"4"}}},"d":{"N":"5"}})", "SET a.c = :v", v),
            R"({"a":{"M":{"b":{"N":"3"},"c":{"N":"7"}}},"d":{"N":"5"}})");
  EXPECT_EQ(updated(R"({"a":{"M":{}}})", "SET a.d = :v", v), R"({"a":{"M":{"d":{"N":"7"}}}})");
  EXPECT_EQ(updated(R"({"a":{"L":[{"S":"1"},{"S":"2"},{"S":"3"}]}})", "SET a[1] = :v", v),
            R"({"a":{"L":[{"S":"1"},{"N":"7"},{"S":"3"}]}})");
  EXPECT_EQ(updated(R"({"a":{"M":{"b":{"N":"3"},"c":{"L":[{"S":"hi"},)"
                    R"({"M":{"x":{"M":{"y":{"L":[{"N":"3"},{"N":"5"}]}}},"q":{"N":"2"}}}]}}}})",
                    "REMOVE a.c[1].x.y[1], a.c[1].q"),
            R"({"a":{"M":{"b":{"N":"3"},"c":{"L":[{"S":"hi"},{"M":{"x":{"M":{"y":{"L":[{"N":"3"}]}}}}}]}}}})");
  EXPECT_EQ(updated(R"({"a":{"M":{"b":{"N":"1"}}},"l":{"L":[{"N":"1"}]}})", "REMOVE a.b, l[0]"),
            R"({"a":{"M":{}},"l":{"L":[]}})");
  EXPECT_EQ(updated(R"({"a":{"M":{"x":{"N":"3"}}},"b":{"L":[{"S":"hi"}]}})", "REMOVE a.y, b[7], c"),
            R"({"a":{"M":{"x":{"N":"3"}}},"b":{"L":[{"S":"hi"}]}})");
  EXPECT_EQ(updated(R"({"a":{"M":{"x":{"N":"3"},"y":{"N":"4"},"c":{"M":{"y":{"N":"3"}}}}},)"
                    R"("b":{"M":{"x":{"N":"1"},"y":{"N":"2"}}}})",
                    "SET a.b = :v, a.c.d = :v, b.x = :v REMOVE a.x, b.y", v),
            R"({"a":{"M":{"y":{"N":"4"},"c":{"M":{"y":{"N":"3"},"d":{"N":"7"}}},"b":{"N":"7"}}},)"
            R"("b":{"M":{"x":{"N":"7"}}}})");
}

TEST(Update, ListIndexesAreThoseBeforeTheUpdate) {
  const std::string_view list = R"({"a":{"L":[{"N":"2"},{"N":"3"},{"N":"4"},{"N":"5"},{"N":"6"}]}})";
  const Request v{"", R"({":v":{"N":"17"}})"};
  const std::string_view expected = R"({"a":{"L":[{"N":"2"},{"N":"4"},{"N":"17"},{"N":"6"}]}})";
  EXPECT_EQ(updated(list, "REMOVE a[1] SET a[3] = :v", v), expected);
  EXPECT_EQ(updated(list, "SET a[3] = :v REMOVE a[1]", v), expected);
  EXPECT_EQ(updated(R"({"a":{"L":[{"S":"one"}]}})", "SET a[84] = :1, a[37] = :2, a[17] = :3, a[50] = :4",
                    {"", R"({":1":{"S":"a1"},":2":{"S":"a2"},":3":{"S":"a3"},":4":{"S":"a4"}})"}),
            R"({"a":{"L":[{"S":"one"},{"S":"a3"},{"S":"a2"},{"S":"a4"},{"S":"a1"}]}})");
}

TEST(Update, AllKindsOfActionsTogether) {
  const std::string before = stored(
      R"({"a":{"S":"key"},"b":{"M":{"a":{"N":"1"},"b":{"N":"2"},"c":{"N":"3"}}},"c":{"L":[{"N":"1"},{"N":"3"}]}})");
  ExpressionContext context;
  fill(context, {"", R"({":a":{"N":"2"},":b":{"SS":["a"]}})"});
  const auto update = UpdateExpression::parse(
      "set b.c=((c[1])+(b.a)),b.a = a,c[1] = a, c[4] = b.a - b.b, c[2] = b.c add c[8] :b, c[6] :a", context);
  const std::string after = update.apply(wire::ItemView(before));
  EXPECT_EQ(json_of(after), R"({"a":{"S":"key"},"b":{"M":{"a":{"S":"key"},"b":{"N":"2"},"c":{"N":"4"}}},)"
                            R"("c":{"L":[{"N":"1"},{"S":"key"},{"N":"3"},{"N":"-1"},{"N":"2"},{"SS":["a"]}]}})");
  EXPECT_EQ(json_of(update.updated_part(wire::ItemView(after))),
            R"({"b":{"M":{"a":{"S":"key"},"c":{"N":"4"}}},"c":{"L":[{"S":"key"},{"N":"3"},{"N":"2"}]}})");
  EXPECT_EQ(json_of(update.updated_part(wire::ItemView(before))),
            R"({"b":{"M":{"a":{"N":"1"},"c":{"N":"3"}}},"c":{"L":[{"N":"3"}]}})");
  EXPECT_TRUE(update.modifies("b") && update.modifies("c"));
  EXPECT_FALSE(update.modifies("a"));
}

TEST(Update, WrongPathsAreRefused) {
  const std::string_view item =
      R"({"a":{"S":"k"},"b":{"S":"k"},"c":{"M":{"1":{"S":"a"}}},"d":{"L":[{"S":"a"},{"S":"b"}]}})";
  const Request request{R"({"#1":"1"})", R"({":a":{"SS":["a"]}})"};
  for (const char* text :
       {"set b.a = :a, #1 = :a", "set b[1] = :a, #1 = :a", "set y.a = :a, #1 = :a", "set y[1] = :a, #1 = :a",
        "set c[1] = :a, #1 = :a", "set d.#1 = :a", "remove b.a set #1 = :a", "remove b[1] set #1 = :a",
        "remove y.a set #1 = :a", "remove c[1] set #1 = :a", "remove d.#1 set #1 = :a", "delete b.a :a set #1 = :a",
        "delete y[1] :a set #1 = :a", "delete d.#1 :a", "add b.a :a set #1 = :a", "add y[1] :a set #1 = :a",
        "add d.#1 :a", "set d[5].x = :a, #1 = :a"})
    EXPECT_EQ(apply_complaint(item, text, request), kBadPath) << text;
}

TEST(Update, NestedRemoveFromAnAbsentItemDoesNothing) {
  ExpressionContext context;
  const std::string key = stored(R"({"p":{"S":"k"}})");
  EXPECT_EQ(UpdateExpression::parse("REMOVE x.y, z[0]", context).apply(wire::ItemView(key), false), key);
  EXPECT_EQ(complaint_of([&] { UpdateExpression::parse("REMOVE x.y", context).apply(wire::ItemView(key), true); }),
            kBadPath);
  EXPECT_EQ(complaint_of([&] { UpdateExpression::parse("SET x.y = p", context).apply(wire::ItemView(key), false); }),
            kBadPath);
}

TEST(Update, WrongTypesAndMissingAttributes) {
  const std::string_view item = R"({"a":{"S":"k"},"b":{"M":{"a":{"SS":["1"]}}},"c":{"N":"1"},"d":{"NS":["1"]}})";
  const std::pair<const char*, const char*> wrong[] = {
      {"delete d :a", R"({":a":{"SS":["1"]}})"},
      {"delete b :a", R"({":a":{"NS":["1"]}})"},
      {"delete b.a :a", R"({":a":{"NS":["1"]}})"},
      {"delete c :a", R"({":a":{"NS":["1"]}})"},
      {"add b :a", R"({":a":{"NS":["1"]}})"},
      {"add d :a", R"({":a":{"N":"1"}})"},
      {"set e = a + :a", R"({":a":{"N":"1"}})"},
      {"set e = b - :a", R"({":a":{"N":"1"}})"},
      {"set e = list_append(d, if_not_exists(f, :a))", R"({":a":{"L":[]}})"}};
  for (const auto& [text, values] : wrong) EXPECT_EQ(apply_complaint(item, text, {"", values}), kBadType) << text;
  EXPECT_EQ(apply_complaint(item, "set c = x"), kMissing);
  EXPECT_EQ(apply_complaint(item, "set e = list_append(x, y)"), kMissing);
  EXPECT_EQ(apply_complaint(item, "set e = c + x"), kMissing);
}

TEST(Update, NestingStaysWithinTheLimit) {
  std::string deep = R"({"N":"1"})";
  for (int i = 0; i < 30; ++i) deep = R"({"L":[)" + deep + "]}";
  const std::string values = R"({":v":)" + deep + "}";
  EXPECT_EQ(apply_complaint(R"({"m":{"M":{}}})", "set m.x = :v", {"", values}), "none");
  EXPECT_EQ(apply_complaint(R"({"m":{"M":{"m":{"M":{}}}}})", "set m.m.x = :v", {"", values}),
            "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported "
            "limit");
}

TEST(Update, SyntaxErrors) {
  EXPECT_EQ(parse_complaint(""), "Invalid UpdateExpression: The expression can not be empty;");
  EXPECT_EQ(parse_complaint("SET _123 = :val1"),
            "Invalid UpdateExpression: Syntax error; token: \"_\", near: \"SET _123\"");
  EXPECT_EQ(parse_complaint("SET a = :v,"), "Invalid UpdateExpression: Syntax error; token: \"<EOF>\", near: \",\"");
  EXPECT_EQ(parse_complaint("SET path = VALUE 1"),
            "Invalid UpdateExpression: Syntax error; token: \"1\", near: \"VALUE 1\"");
  for (const char* text : {"whatever",
                           "set a",
                           "add a",
                           "delete a",
                           "set a=set",
                           "remove a = b",
                           "add a = b",
                           "delete a = b",
                           "delete a b",
                           "delete a if_not_exist(b)",
                           "add abort b",
                           "add a if_not_exist(b)",
                           "remove a b",
                           "set a b",
                           "set :a = b",
                           "add :a b",
                           "remove :a",
                           "set a = b / c",
                           "set a = b * c",
                           "set a[1] = \"eight\"",
                           "set a[1] = 1",
                           "SET a = if_not_exist(a, 100)",
                           "SET if_not_exist(a, b) = a",
                           "set (a = (b + c))",
                           "set a = (b.c).d + e",
                           "set a = (b.c)[0] + e",
                           "set a = b + c + d",
                           "SET hi-there = :v",
                           "SET a = if_not_exists(a, :b+:c)"})
    EXPECT_TRUE(parse_complaint(text).starts_with("Invalid UpdateExpression: Syntax error; ")) << text;
}

TEST(Update, ChecksBeforeAnyItemIsRead) {
  const Request request{R"({"#a":"a","#b":"b"})", R"({":a":{"S":"a"},":b":{"S":"a"}})"};
  const std::string prefix = "Invalid UpdateExpression: ";
  EXPECT_EQ(parse_complaint(" set #c = :c set abOrt = true ", request),
            prefix + "Attribute name is a reserved keyword; reserved keyword: abOrt");
  EXPECT_EQ(parse_complaint("set #c = if_not_exist(:c) set c = d", request),
            prefix + "Invalid function name; function: if_not_exist");
  EXPECT_EQ(parse_complaint("set a = size(b)"),
            prefix + "The function is not allowed in an update expression; function: size");
  EXPECT_EQ(parse_complaint("set a = list_append(list_append(b, c), d)"),
            prefix + "The function is not allowed to be used this way in an expression; function: list_append");
  const std::pair<const char*, const char*> twice[] = {{"set a = #c set c = :d", "SET"},
                                                       {"remove #d set a = b remove e", "REMOVE"},
                                                       {"add #d :e set a = b add e :f", "ADD"},
                                                       {"delete #d :e set a = b delete #e :f", "DELETE"}};
  for (const auto& [text, section] : twice)
    EXPECT_EQ(parse_complaint(text, request),
              prefix + "The \"" + section + "\" section can only be used once in an update expression;");
  EXPECT_EQ(parse_complaint("SET #c = if_not_exists(:c)", request),
            prefix + "An expression attribute name used in the document path is not defined; attribute name: #c");
  EXPECT_EQ(parse_complaint("SET #a = if_not_exists(:c)", request),
            prefix + "An expression attribute value used in expression is not defined; attribute value: :c");
  EXPECT_EQ(parse_complaint("set a = if_not_exists(c)"),
            prefix +
                "Incorrect number of operands for operator or function; operator or function: if_not_exists, "
                "number of operands: 1");
  EXPECT_EQ(parse_complaint("set a = if_not_exists(:a, c)", request),
            prefix + "Operator or function requires a document path; operator or function: if_not_exists");
}

TEST(Update, OverlappingAndConflictingPaths) {
  const Request names{R"({"#b":"b","#c":"c","#d":"[3]"})", ""};
  const auto clash = [](std::string_view what, std::string_view one, std::string_view two) {
    return "Invalid UpdateExpression: Two document paths " + std::string(what) +
           " with each other; must remove or rewrite one of these paths; path one: " + std::string(one) +
           ", path two: " + std::string(two);
  };
  EXPECT_EQ(parse_complaint("set d[1] = a, d.b = a, c[1].a = a, #c = if_not_exists(a)", names),
            clash("overlap", "[c, [1], a]", "[c]"));
  EXPECT_EQ(parse_complaint("set #c[3].#d = a, #c[3] = a", names), clash("overlap", "[c, [3], [3]]", "[c, [3]]"));
  EXPECT_EQ(parse_complaint("set #c[3].#d = a, #c.#d[3] = if_not_exists(a)", names),
            clash("conflict", "[c, [3], [3]]", "[c, [3], [3]]"));
  EXPECT_EQ(parse_complaint("remove a.#c set a[1] = #d", names), clash("conflict", "[a, c]", "[a, [1]]"));
  EXPECT_EQ(parse_complaint("SET a=b REMOVE a"), clash("overlap", "[a]", "[a]"));
  for (const char* text : {"SET a = z, a.b = z", "SET a.b.c.d.e = z, a.b = z", "SET a[1][1] = z, a[1][1][1][1] = z"})
    EXPECT_TRUE(parse_complaint(text).find("overlap") != std::string::npos) << text;
}

TEST(Update, OperandTypes) {
  const Request values{
      "", R"({":s":{"S":"a"},":n":{"N":"1"},":b":{"B":"YQ=="},":l":{"L":[]},":m":{"M":{}},":t":{"BOOL":false},)"
          R"(":z":{"NULL":true},":ns":{"NS":["1"]}})"};
  const auto operand = [](std::string_view op, std::string_view type) {
    return "Invalid UpdateExpression: Incorrect operand type for operator or function; operator or function: " +
           std::string(op) + ", operand type: " + std::string(type);
  };
  EXPECT_EQ(parse_complaint("set a = list_append(:s, a)", values), operand("list_append", "S"));
  EXPECT_EQ(parse_complaint("set a = list_append(a, :n)", values), operand("list_append", "N"));
  EXPECT_EQ(parse_complaint("set a = a + :s", values), operand("+", "S"));
  EXPECT_EQ(parse_complaint("set a = :b + a", values), operand("+", "B"));
  EXPECT_EQ(parse_complaint("set a = a - :l", values), operand("-", "L"));
  const auto section = [](std::string_view op, std::string_view type) {
    return "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: " + std::string(op) +
           ", operand type: " + std::string(type) + ", typeSet: ALLOWED_FOR_" + std::string(op) + "_OPERAND";
  };
  EXPECT_EQ(parse_complaint("add a.b :s", values), section("ADD", "STRING"));
  EXPECT_EQ(parse_complaint("add a.b :l", values), section("ADD", "LIST"));
  EXPECT_EQ(parse_complaint("add a.b :m", values), section("ADD", "MAP"));
  EXPECT_EQ(parse_complaint("delete a.b :t", values), section("DELETE", "BOOLEAN"));
  EXPECT_EQ(parse_complaint("delete a.b :z", values), section("DELETE", "NULL"));
  EXPECT_EQ(parse_complaint("delete a.b :n", values), section("DELETE", "NUMBER"));
  EXPECT_EQ(parse_complaint("add a.b :n, c :ns", values), "none");
}

}  // namespace
}  // namespace brume::dynamodb
