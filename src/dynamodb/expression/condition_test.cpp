#include "dynamodb/expression/condition.h"

#include "dynamodb/expression/expression_test_support.h"

namespace brume::dynamodb {
namespace {

using namespace expression_test;

/// What AWS says of a filter.
std::string filter_complaint(std::string_view text, Request request = {}) {
  return complaint_of([&] {
    ExpressionContext context;
    fill(context, request);
    ConditionExpression::parse(text, context, "FilterExpression");
  });
}

std::string syntax_error(std::string_view token, std::string_view near) {
  return "Invalid FilterExpression: Syntax error; token: \"" + std::string(token) + "\", near: \"" + std::string(near) +
         "\"";
}

constexpr std::string_view kItem =
    R"({"p":{"S":"key"},"s":{"S":"hello"},"n":{"N":"5"},"t":{"BOOL":true},"z":{"NULL":true},"b":{"B":"AQID"},)"
    R"("l":{"L":[{"S":"x"},{"N":"2"},{"M":{"d":{"N":"7"}}}]},"m":{"M":{"a":{"M":{"b":{"S":"deep"}}},"n":{"N":"5.0"}}},)"
    R"("ss":{"SS":["red","green"]},"ns":{"NS":["1","2.50"]},"u":{"S":"é𝄞"}})";

constexpr std::string_view kValues =
    R"({":hello":{"S":"hello"},":hel":{"S":"hel"},":5":{"N":"5"},":4":{"N":"4"},":6":{"N":"6"},":true":{"BOOL":true},)"
    R"(":null":{"NULL":true},":S":{"S":"S"},":M":{"S":"M"},":red":{"S":"red"},":2":{"N":"2"},":2.5":{"N":"2.5"},)"
    R"(":bytes":{"B":"AQI="},":deep":{"S":"deep"},":set":{"SS":["green","red"]},":3":{"N":"3"},":7":{"N":"7"}})";

bool holds(std::string_view text, std::string_view names = "") {
  const std::string item = stored(kItem);
  ExpressionContext context;
  std::string values(kValues);
  values.replace(values.find(":2.5"), 4, ":25");
  fill(context, {names, values});
  return ConditionExpression::parse(text, context).matches(wire::ItemView(item));
}

TEST(Condition, ComparesValues) {
  EXPECT_TRUE(holds("s = :hello"));
  EXPECT_FALSE(holds("s <> :hello"));
  EXPECT_TRUE(holds(":hello = s"));
  EXPECT_TRUE(holds("n > :4 and n<:6 AND n >= :5 And n <= :5"));
  EXPECT_FALSE(holds("n > :5"));
  EXPECT_TRUE(holds("n = m.n"));
  EXPECT_TRUE(holds("t = :true"));
  EXPECT_TRUE(holds("z = :null"));
  EXPECT_TRUE(holds("ss = :set"));
  EXPECT_TRUE(holds("#s = :hello", R"({"#s":"s"})"));
  EXPECT_TRUE(holds("m.a.b = :deep"));
  EXPECT_TRUE(holds("#m.#a.b = :deep", R"({"#m":"m","#a":"a"})"));
  EXPECT_TRUE(holds("l[2].d = :7"));
}

TEST(Condition, ComparisonAcrossTypesOrWithAnAbsentAttributeIsFalse) {
  EXPECT_FALSE(holds("s = :5"));
  EXPECT_TRUE(holds("s <> :5"));
  EXPECT_FALSE(holds("s < :5"));
  EXPECT_FALSE(holds("absent = :5"));
  EXPECT_TRUE(holds("absent <> :5"));
  EXPECT_FALSE(holds("absent < :5"));
  EXPECT_FALSE(holds("absent = absent2"));
  EXPECT_FALSE(holds("l[9] = :5"));
  EXPECT_FALSE(holds("s.x = :5"));
  EXPECT_FALSE(holds("absent between :4 and :6"));
  EXPECT_FALSE(holds("absent in (:4)"));
}

TEST(Condition, LogicBindsNotThenAndThenOr) {
  EXPECT_TRUE(holds("n = :5 or n = :4 and n = :6"));
  EXPECT_FALSE(holds("(n = :5 or n = :4) and n = :6"));
  EXPECT_TRUE(holds("not n = :4 and n = :5"));
  EXPECT_FALSE(holds("not (n = :4 or n = :5)"));
  EXPECT_TRUE(holds("not not n = :5"));
  EXPECT_TRUE(holds("((size(s)) = :5) and (n) = (:5)"));
  EXPECT_TRUE(holds("(attribute_exists(n)) and (n)between(:4)and(:6)"));
}

TEST(Condition, BetweenAndIn) {
  EXPECT_TRUE(holds("n between :4 and :6"));
  EXPECT_TRUE(holds("n between :5 and :5 and s = :hello"));
  EXPECT_FALSE(holds("n between :6 and :7"));
  EXPECT_TRUE(holds("n in (:4, :5)"));
  EXPECT_FALSE(holds("n IN (:4, s, absent)"));
  EXPECT_TRUE(holds(":5 in (m.n)"));
}

TEST(Condition, Functions) {
  EXPECT_TRUE(holds("attribute_exists(m.a.b)"));
  EXPECT_FALSE(holds("attribute_exists(m.a.c)"));
  EXPECT_TRUE(holds("attribute_not_exists(l[3])"));
  EXPECT_TRUE(holds("attribute_exists(z)"));
  EXPECT_TRUE(holds("attribute_type(s, :S) and attribute_type(m, :M)"));
  EXPECT_FALSE(holds("attribute_type(n, :S)"));
  EXPECT_TRUE(holds("begins_with(s, :hel)"));
  EXPECT_FALSE(holds("begins_with(:hel, s)"));
  EXPECT_TRUE(holds("begins_with(b, :bytes)"));
  EXPECT_FALSE(holds("begins_with(n, :hel)"));
  EXPECT_TRUE(holds("contains(s, :hel)"));
  EXPECT_TRUE(holds("contains(ss, :red) and contains(ns, :25) and contains(l, :2) and contains(b, :bytes)"));
  EXPECT_FALSE(holds("contains(ss, :2)"));
  EXPECT_FALSE(holds("contains(n, :5)"));
  EXPECT_FALSE(holds("contains(absent, :5)"));
}

TEST(Condition, SizeCountsWhatAwsCounts) {
  EXPECT_TRUE(holds("size(s) = :5"));
  EXPECT_TRUE(holds("size(u) = :3"));  // UTF-16 code units
  EXPECT_TRUE(holds("size(b) = :3"));
  EXPECT_TRUE(holds("size(l) = :3"));
  EXPECT_TRUE(holds("size(ss) = :2 and size(m) = :2"));
  EXPECT_TRUE(holds("size(s) > size(b)"));
  EXPECT_FALSE(holds("size(n) = :2"));
  EXPECT_TRUE(holds("size(n) <> :2"));
  EXPECT_FALSE(holds("size(absent) < :2"));
}

TEST(Condition, AnAbsentItemIsAnEmptyOne) {
  ExpressionContext context;
  EXPECT_TRUE(ConditionExpression::parse("attribute_not_exists(p)", context).matches(wire::ItemView()));
  EXPECT_FALSE(ConditionExpression::parse("attribute_exists(p)", context).matches(wire::ItemView()));
}

TEST(Condition, TellsWhichAttributesItMentions) {
  ExpressionContext context;
  context.add_name("#x", "real");
  const auto condition = ConditionExpression::parse("size(a.b) > #x[1] and attribute_exists(c)", context);
  EXPECT_TRUE(condition.mentions("a") && condition.mentions("real") && condition.mentions("c"));
  EXPECT_FALSE(condition.mentions("b") || condition.mentions("#x"));
}

TEST(Condition, SyntaxErrorsShowTheTokenAndItsNeighbours) {
  EXPECT_EQ(filter_complaint("things are not gonna be ok"), syntax_error("are", "things are not"));
  EXPECT_EQ(filter_complaint("foo"), syntax_error("<EOF>", "foo"));
  EXPECT_EQ(filter_complaint("a > 4"), syntax_error("4", "> 4"));
  EXPECT_EQ(filter_complaint("_a = :b"), syntax_error("_", "_a"));
  EXPECT_EQ(filter_complaint("a = :b AND __c"), syntax_error("_", "AND __"));
  EXPECT_EQ(filter_complaint("a = :b AND"), syntax_error("<EOF>", "AND"));
  EXPECT_EQ(filter_complaint("p=:p AND c!=:c"), syntax_error("!", "c!="));
  EXPECT_EQ(filter_complaint("attribute_not_exists("), syntax_error("<EOF>", "("));
  EXPECT_EQ(filter_complaint("ü > a"), syntax_error("ü", "ü >"));
  for (const char* text : {"attribute_exists(Pictures-RearView)",
                           "attribute_exists(\"Pictures.RearView\")",
                           "attribute_exists(Pictures..RearView)",
                           "attribute_exists(Pi#ctures.RearView)",
                           "attribute_exists(asdf[a])",
                           "a in b, c",
                           "a > between",
                           "a in b",
                           "a in (b,c,)",
                           "(a)between(b.(c.d))and(c)",
                           "(a)between(b.c.d)and((c)",
                           "#$.b > a",
                           "a > :things.stuff",
                           "b[:a] > a",
                           "b[#_] > a",
                           "(a)between(b.c[4.5].#d)and(:a)",
                           "size(a).b > a",
                           "(size(a)).b > a",
                           "size(a)[0] > a",
                           "(size(a))[0] > a",
                           "(a",
                           "(a)",
                           "a = b)",
                           "a = b c",
                           "()",
                           "not",
                           "f()",
                           "a[01] = b",
                           "a[-1] = b",
                           "set = b",
                           "(a = b"})
    EXPECT_TRUE(filter_complaint(text).starts_with("Invalid FilterExpression: Syntax error; ")) << text;
}

TEST(Condition, EmptyAndOverlongExpressions) {
  EXPECT_EQ(filter_complaint(""), "Invalid FilterExpression: The expression can not be empty;");
  EXPECT_EQ(filter_complaint(std::string(4097, 'a')),
            "Invalid FilterExpression: Expression size has exceeded the maximum allowed size; expression size: 4097");
  EXPECT_TRUE(filter_complaint(std::string(4096, 'a')).find("Syntax error") != std::string::npos);
}

TEST(Condition, RedundantParentheses) {
  for (const char* text : {"a=a and a > ((views))", "(a)between(((b.c)).d)and(c)", "a > whatever((:things), ((a)))",
                           "a=a AND ((a=a AND a=a)) AND a=a", "a=a OR ((a=a OR a=a)) OR a=a",
                           "a=a AND ((a=a AND (a=a AND a=a)))", "((a = b))", "((a)) = b"})
    EXPECT_EQ(filter_complaint(text), "Invalid FilterExpression: The expression has redundant parentheses;") << text;
}

TEST(Condition, FunctionNamesAndPlaces) {
  const std::string invalid = "Invalid FilterExpression: Invalid function name; function: ";
  EXPECT_EQ(filter_complaint("a=a and whatever((:things)) > a"), invalid + "whatever");
  EXPECT_EQ(filter_complaint("attRIbute_exIsts((views), #a)"), invalid + "attRIbute_exIsts");
  const std::string misused =
      "Invalid FilterExpression: The function is not allowed to be used this way in an expression; function: ";
  EXPECT_EQ(filter_complaint("a=a and attribute_exists((views), (#a)) > b"), misused + "attribute_exists");
  EXPECT_EQ(filter_complaint("attribute_type(things, :a) > b"), misused + "attribute_type");
  EXPECT_EQ(filter_complaint("size(contains(a, b)) > a"), misused + "contains");
  EXPECT_EQ(filter_complaint("size(things)"), misused + "size");
  EXPECT_EQ(filter_complaint("a between b and attribute_exists(things)"), misused + "attribute_exists");
  EXPECT_EQ(filter_complaint("a in (b, attribute_exists(things))"), misused + "attribute_exists");
  EXPECT_EQ(filter_complaint("a = if_not_exists(b, c)"),
            "Invalid FilterExpression: The function is not allowed in a condition expression; function: if_not_exists");
}

TEST(Condition, ReservedWordsAndListIndexes) {
  const std::string reserved = "Invalid FilterExpression: Attribute name is a reserved keyword; reserved keyword: ";
  EXPECT_EQ(filter_complaint("attribute_exists(views, #a)"), reserved + "views");
  EXPECT_EQ(filter_complaint(":a < abOrT"), reserved + "abOrT");
  EXPECT_EQ(filter_complaint("a.b[0].name = :a"), reserved + "name");
  EXPECT_EQ(filter_complaint("a[2147483648] = :a"),
            "Invalid FilterExpression: List index is not within the allowable range; index: [2147483648]");
  EXPECT_EQ(filter_complaint("a[99999999999999999999] = :a"),
            "Invalid FilterExpression: List index is not within the allowable range; index: [99999999999999999999]");
}

TEST(Condition, UndefinedNamesAndValues) {
  const std::string name =
      "Invalid FilterExpression: An expression attribute name used in the document path is not defined; attribute "
      "name: ";
  EXPECT_EQ(filter_complaint("attribute_exists(#Pictures.RearView, :a) and a=a"), name + "#Pictures");
  EXPECT_EQ(filter_complaint("begins_with(Pictures.#RearView)"), name + "#RearView");
  EXPECT_EQ(filter_complaint("(#P between :lo and :hi) and (#PC in (:cat1, :cat2))"), name + "#P");
  EXPECT_EQ(filter_complaint("(a)between(b.c[45].#d)and(:a)"), name + "#d");
  const std::string value =
      "Invalid FilterExpression: An expression attribute value used in expression is not defined; attribute value: ";
  EXPECT_EQ(filter_complaint("begins_with(:hello, #a, #b)"), value + ":hello");
  EXPECT_EQ(filter_complaint(":a < :b"), value + ":a");
  EXPECT_EQ(filter_complaint(":_ > a"), value + ":_");
}

TEST(Condition, OperandCounts) {
  const auto count = [](std::string_view function, int operands) {
    return "Invalid FilterExpression: Incorrect number of operands for operator or function; operator or function: " +
           std::string(function) + ", number of operands: " + std::to_string(operands);
  };
  EXPECT_EQ(filter_complaint("attribute_exists(things, a) and a=a"), count("attribute_exists", 2));
  EXPECT_EQ(filter_complaint("attribute_type(things)"), count("attribute_type", 1));
  EXPECT_EQ(filter_complaint("begins_with(things, size(a), b)"), count("begins_with", 3));
  EXPECT_EQ(filter_complaint("contains(things)"), count("contains", 1));
  EXPECT_EQ(filter_complaint("size(things, a) > b"), count("size", 2));
  std::string in = "a in (b0";
  for (int i = 1; i < 101; ++i) in += ",b" + std::to_string(i);
  EXPECT_EQ(filter_complaint(in + ")"),
            "Invalid FilterExpression: The IN operator is provided with too many operands; number of operands: 101");
}

TEST(Condition, OperandTypes) {
  const auto complaint = [](std::string_view text, std::string_view value) {
    const std::string values = R"({":a":)" + std::string(value) + "}";
    return filter_complaint(text, {"", values});
  };
  const auto type = [](std::string_view function, std::string_view name) {
    return "Invalid FilterExpression: Incorrect operand type for operator or function; operator or function: " +
           std::string(function) + ", operand type: " + std::string(name);
  };
  const std::pair<const char*, const char*> others[] = {
      {R"({"N":"1"})", "N"}, {R"({"BOOL":true})", "BOOL"}, {R"({"NULL":true})", "NULL"}, {R"({"L":[]})", "L"},
      {R"({"M":{}})", "M"},  {R"({"SS":["1"]})", "SS"},    {R"({"NS":["1"]})", "NS"},    {R"({"BS":["YQ=="]})", "BS"}};
  for (const auto& [json, name] : others) {
    EXPECT_EQ(complaint("attribute_type(a, :a)", json), type("attribute_type", name));
    EXPECT_EQ(complaint("begins_with(a, :a)", json), type("begins_with", name));
    EXPECT_EQ(complaint("begins_with(:a, a)", json), type("begins_with", name));
    if (std::string_view(name) != "N") {
      EXPECT_EQ(complaint("a < :a", json), type("<", name));
      EXPECT_EQ(complaint("a between b and :a", json), type("BETWEEN", name));
    }
  }
  EXPECT_EQ(complaint("attribute_type(a, size(a)) and a=:a", R"({"N":"1"})"), type("attribute_type", "N"));
  EXPECT_EQ(complaint("begins_with(a, size(a)) and a=:a", R"({"N":"1"})"), type("begins_with", "N"));
  EXPECT_EQ(complaint("size(size(a)) > :a", R"({"N":"1"})"), type("size", "N"));
  EXPECT_EQ(complaint("attribute_not_exists(size(:a))", R"({"N":"1"})"), type("size", "N"));
  EXPECT_EQ(complaint("size(:a) > a", R"({"BOOL":true})"), type("size", "BOOL"));
  EXPECT_EQ(complaint("attribute_type(a, :a)", R"({"S":"1"})"),
            "Invalid FilterExpression: Invalid attribute type name found; type: 1, valid types: "
            "{B,NULL,SS,BOOL,L,BS,N,NS,S,M}");
  const std::string path =
      "Invalid FilterExpression: Operator or function requires a document path; operator or function: ";
  EXPECT_EQ(complaint("attribute_exists(:a) and a=a", R"({"S":"1"})"), path + "attribute_exists");
  EXPECT_EQ(complaint("attribute_not_exists(size(:a))", R"({"S":"1"})"), path + "attribute_not_exists");
}

TEST(Condition, FirstOperandIsDistinct) {
  const auto complaint = [](std::string_view text) { return filter_complaint(text, {R"({"#a":"a"})", ""}); };
  const auto distinct = [](std::string_view op, std::string_view path) {
    return "Invalid FilterExpression: The first operand must be distinct from the remaining operands for this operator "
           "or function; operator: " +
           std::string(op) + ", first operand: " + std::string(path);
  };
  EXPECT_EQ(complaint("a = a AND #a = b AND :views > a"), distinct("=", "[a]"));
  EXPECT_EQ(complaint("#a <> a"), distinct("<>", "[a]"));
  EXPECT_EQ(complaint("a > #a"), distinct(">", "[a]"));
  EXPECT_EQ(complaint("((a=a) OR (a=a))"), distinct("=", "[a]"));
  EXPECT_EQ(complaint("contains(ab.bc[1].a, ab.bc[1].#a)"), distinct("contains", "[ab, bc, [1], a]"));
  EXPECT_EQ(complaint("begins_with(ab.bc[1].a, ab.bc[1].#a)"), distinct("begins_with", "[ab, bc, [1], a]"));
}

TEST(Condition, BoundsOfBetween) {
  EXPECT_EQ(filter_complaint("a between :b and :a", {"", R"({":a":{"S":"a"},":b":{"N":"1"}})"}),
            "Invalid FilterExpression: The BETWEEN operator requires same data type for lower and upper bounds; "
            "lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:a}");
  EXPECT_EQ(filter_complaint("a between :b and :a", {"", R"({":a":{"S":"a"},":b":{"S":"b"}})"}),
            "Invalid FilterExpression: The BETWEEN operator requires upper bound to be greater than or equal to lower "
            "bound; lower bound operand: AttributeValue: {S:b}, upper bound operand: AttributeValue: {S:a}");
}

TEST(Condition, OperatorsAndDepthAreBounded) {
  const auto nested = [](int depth) {
    std::string text = "a<b ";
    for (int i = 0; i < depth; ++i) text += "or (a<b ";
    return text + std::string(static_cast<std::size_t>(depth), ')');
  };
  EXPECT_EQ(filter_complaint(nested(149)), "none");
  const std::string too_many =
      "Invalid FilterExpression: The expression contains too many operators; operator count: 301";
  EXPECT_EQ(filter_complaint(nested(300)), too_many);
  EXPECT_EQ(filter_complaint(nested(450)), too_many);
  std::string chain = "a<b";
  for (int i = 0; i < 500; ++i) chain += " or a<b";
  EXPECT_EQ(filter_complaint(chain), too_many);
  std::string nots;
  for (int i = 0; i < 1000; ++i) nots += "not ";
  EXPECT_EQ(filter_complaint(nots + "a<b"), too_many);
  // None of these may exhaust the stack; what AWS says of them is not recorded for every one.
  EXPECT_NE(filter_complaint(std::string(4096, '(')), "none");
  EXPECT_EQ(filter_complaint(std::string(2000, '(') + "a<b" + std::string(2000, ')')),
            "Invalid FilterExpression: The expression has redundant parentheses;");
  std::string calls = "a < ";
  for (int i = 0; i < 800; ++i) calls += "size(";
  EXPECT_NE(filter_complaint(calls + "b" + std::string(800, ')')), "none");
  std::string path = "a";
  for (int i = 0; i < 32; ++i) path += ".b";
  EXPECT_EQ(filter_complaint(path + " = b"),
            "Invalid FilterExpression: The document path has too many nesting levels; nesting levels: 33");
}

TEST(ExpressionContext, ChecksPlaceholders) {
  const auto complaint = [](Request request) {
    return complaint_of([&] {
      ExpressionContext context;
      fill(context, request);
    });
  };
  EXPECT_EQ(complaint({"{}", ""}), "ExpressionAttributeNames must not be empty");
  EXPECT_EQ(complaint({R"({"a":"a"})", ""}), "ExpressionAttributeNames contains invalid key: Syntax error; key: \"a\"");
  EXPECT_EQ(complaint({R"({"#":"a"})", ""}), "ExpressionAttributeNames contains invalid key: Syntax error; key: \"#\"");
  EXPECT_EQ(complaint({R"({"#a-b":"a"})", ""}),
            "ExpressionAttributeNames contains invalid key: Syntax error; key: \"#a-b\"");
  EXPECT_EQ(complaint({R"({"#a":""})", ""}),
            "ExpressionAttributeNames contains invalid value: Empty attribute name for key #a");
  EXPECT_EQ(
      complaint({R"({"#a":")" + std::string(65536, 'n') + R"("})", ""}),
      "ExpressionAttributeNames contains invalid value: Attribute name is too large, must be less than 65536 bytes "
      "for key #a");
  EXPECT_EQ(complaint({"", R"({":a":{"M":{"":{"S":"a"}}}})"}),
            "ExpressionAttributeValues contains invalid value: Empty attribute name for key :a");
  EXPECT_EQ(complaint({"", "{}"}), "ExpressionAttributeValues must not be empty");
  EXPECT_EQ(complaint({"", R"({"a":{"S":"a"}})"}),
            "ExpressionAttributeValues contains invalid key: Syntax error; key: \"a\"");
  EXPECT_EQ(complaint({"", R"({":b":{"a":""}})"}),
            "ExpressionAttributeValues contains invalid value: Supplied AttributeValue is empty, must contain exactly "
            "one of the supported datatypes for key :b");
  EXPECT_EQ(complaint({"", R"({":b":{"N":"x"}})"}),
            "ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: x "
            "for key :b");
}

TEST(ExpressionContext, UnusedPlaceholdersAreNamed) {
  const auto complaint = [](std::string_view text, Request request) {
    return complaint_of([&] {
      ExpressionContext context;
      fill(context, request);
      ConditionExpression::parse(text, context);
      context.check_all_used();
    });
  };
  EXPECT_EQ(complaint("a = b", {R"({"#a":"a","#b":"b"})", ""}),
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #b}");
  EXPECT_EQ(complaint("a = :b", {"", R"({":c":{"S":"a"},":b":{"S":"a"},":a":{"S":"a"}})"}),
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:a, :c}");
  EXPECT_EQ(complaint("#a = :b", {R"({"#a":"a"})", R"({":b":{"S":"a"}})"}), "none");
}

TEST(ExpressionContext, FindsAmongManyPlaceholders) {
  ExpressionContext context;
  std::string text;
  for (int i = 0; i < 100; ++i) {
    context.add_name("#n" + std::to_string(i), "name" + std::to_string(i));
    text += (i == 0 ? "attribute_exists(#n" : " or attribute_exists(#n") + std::to_string(i) + ")";
  }
  const auto condition = ConditionExpression::parse(text, context);
  context.check_all_used();
  EXPECT_TRUE(condition.mentions("name0") && condition.mentions("name99"));
  EXPECT_FALSE(context.use_name("#n100"));
}

}  // namespace
}  // namespace brume::dynamodb
