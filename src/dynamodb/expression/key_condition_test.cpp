#include "dynamodb/expression/key_condition.h"

#include "dynamodb/expression/expression_test_support.h"

namespace brume::dynamodb {
namespace {

using namespace expression_test;
using wire::ValueType;

const KeySchema kPartitionOnly{{{"p", ValueType::string}}, {}};
const KeySchema kWithSort{{{"p", ValueType::string}}, {{"c", ValueType::number}}};
const KeySchema kWithTextSort{{{"p", ValueType::string}}, {{"c", ValueType::string}}};
const KeySchema kMany{{{"p", ValueType::string}, {"q", ValueType::number}},
                      {{"c", ValueType::string}, {"d", ValueType::number}, {"e", ValueType::string}}};

constexpr std::string_view kValues =
    R"({":p":{"S":"part"},":1":{"N":"1"},":2":{"N":"2"},":s":{"S":"text"},":e":{"S":""}})";

/// Value texts and the operator of the sort condition.
std::string resolved(std::string_view text, const KeySchema& schema, std::string_view values = kValues) {
  ExpressionContext context;
  fill(context, {"", values});
  auto expression = KeyConditionExpression::parse(text, context);
  expression.check();
  const KeyCondition condition = expression.resolve(schema);
  std::string out(condition.partition[0].text());
  if (!condition.sort_equal.empty()) out += " +" + std::to_string(condition.sort_equal.size());
  if (!condition.sort) return out;
  constexpr std::string_view kOps[] = {"=", "<", "<=", ">", ">=", "between", "begins_with"};
  out += " ";
  out += kOps[static_cast<std::size_t>(condition.sort->op)];
  const auto show = [&](wire::ValueView value) {
    out += ' ';
    if (value.type() == ValueType::number) value.number().append_to(out);
    else out += value.text();
  };
  show(condition.sort->value);
  if (condition.sort->op == SortCondition::Op::between) show(condition.sort->upper);
  return out;
}

std::string complaint(std::string_view text, const KeySchema& schema = kWithSort, std::string_view values = kValues) {
  return complaint_of([&] { resolved(text, schema, values); });
}

TEST(KeyCondition, PartitionAndSortInAnyOrder) {
  EXPECT_EQ(resolved("p=:p", kPartitionOnly), "part");
  EXPECT_EQ(resolved(" p  =   :p ", kWithSort), "part");
  EXPECT_EQ(resolved(":p = p AND c = :1", kWithSort), "part = 1");
  EXPECT_EQ(resolved("c < :1 and p = :p", kWithSort), "part < 1");
  EXPECT_EQ(resolved(":p=p AND :1<c", kWithSort), "part > 1");
  EXPECT_EQ(resolved("p=:p AND :1 >= c", kWithSort), "part <= 1");
  EXPECT_EQ(resolved("p=:p AND c >= :1", kWithSort), "part >= 1");
  EXPECT_EQ(resolved("p=:p AnD c BeTwEeN :1 aNd :2", kWithSort), "part between 1 2");
  EXPECT_EQ(resolved("p=:p AND begins_with(c, :s)", kWithTextSort), "part begins_with text");
  EXPECT_EQ(resolved("((c=:1) AND (p=:p))", kWithSort), "part = 1");
}

TEST(KeyCondition, FitsTheKeySchema) {
  EXPECT_EQ(complaint("c=:1"), "Query condition missed key schema element: p");
  EXPECT_EQ(complaint("x=:p"), "Query condition missed key schema element: p");
  EXPECT_EQ(complaint("p=:p and x=:1"), "Query condition missed key schema element: c");
  EXPECT_EQ(complaint("p=:p and x=:1", kPartitionOnly), "Query key condition not supported");
  EXPECT_EQ(complaint("p<:p"), "Query key condition not supported");
  const std::string type =
      "One or more parameter values were invalid: Condition parameter type does not match schema type";
  EXPECT_EQ(complaint("p=:1"), type);
  EXPECT_EQ(complaint("p=:p and c=:s"), type);
  EXPECT_EQ(complaint("p=:e"),
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
            "empty string value. Key: p");
}

TEST(KeyCondition, SeveralAttributesFromTheLeft) {
  EXPECT_EQ(resolved("p=:p and q=:1", kMany), "part");
  EXPECT_EQ(resolved("q=:1 and c=:s and p=:p", kMany), "part = text");
  EXPECT_EQ(resolved("p=:p and q=:1 and c=:s and d > :2", kMany), "part +1 > 2");
  EXPECT_EQ(resolved("p=:p and q=:1 and c=:s and d=:2 and begins_with(e, :s)", kMany), "part +2 begins_with text");
  const auto needs_hash = [](std::string_view lacking) {
    return "HASH key attributes " + std::string(lacking) + " must have equality conditions specified in the query";
  };
  EXPECT_EQ(complaint("p=:p", kMany), needs_hash("q"));
  EXPECT_EQ(complaint("p=:p and q>:1", kMany), needs_hash("q"));
  EXPECT_EQ(complaint("c=:s", kMany), needs_hash("p, q"));
  EXPECT_EQ(complaint("p=:p and p=:s", kMany),
            "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key");
  const auto needs = [](std::string_view lacking, std::string_view present) {
    return "RANGE key attributes " + std::string(lacking) +
           " must have equality conditions specified in the query because a condition is present on key attribute " +
           std::string(present);
  };
  EXPECT_EQ(complaint("p=:p and q=:1 and d=:2", kMany), needs("c", "d"));
  EXPECT_EQ(complaint("p=:p and q=:1 and e=:s and d>:2", kMany), needs("c, d", "e"));
  EXPECT_EQ(complaint("p=:p and q=:1 and z=:2", kMany), "Query condition missed key schema element: c");
  EXPECT_EQ(complaint("p=:p and q=:1 and c>:s and d=:2", kMany), needs("c", "d"));
}

TEST(KeyCondition, SaysWhatAwsSays) {
  EXPECT_EQ(complaint(""), "Invalid KeyConditionExpression: The expression can not be empty;");
  EXPECT_TRUE(complaint("a > 4").starts_with("Invalid KeyConditionExpression: Syntax error; "));
  const std::pair<const char*, const char*> operators[] = {{"a > b and size(b) > c or a > c", "OR"},
                                                           {"a in (b, size(c), d)", "IN"},
                                                           {"attribute_exists(a)", "attribute_exists"},
                                                           {"attribute_not_exists(a)", "attribute_not_exists"},
                                                           {"contains(a.d, b)", "contains"},
                                                           {"not a > b", "NOT"},
                                                           {"a <> b", "<>"}};
  for (const auto& [text, op] : operators)
    EXPECT_EQ(complaint(text), std::string("Invalid operator used in KeyConditionExpression: ") + op);
  const std::string invalid = "Invalid condition in KeyConditionExpression: ";
  EXPECT_EQ(complaint(":1 between size(b) and size(a) and b > :2"),
            invalid + "BETWEEN operator must have the key attribute as its first operand");
  EXPECT_EQ(complaint("begins_with(:s, b) and a > :1"),
            invalid + "begins_with operator must have the key attribute as its first operand");
  for (const char* text : {"size(b) > a AND a.b > b AND b > c", "a > size(b.d)", "a between size(b) and size(a)"})
    EXPECT_EQ(complaint(text), "KeyConditionExpressions cannot contain nested operations") << text;
  for (const char* text : {"b > a.b", "b between c[1] and d", "a between b and size(a)", "begins_with(a, b)"})
    EXPECT_EQ(complaint(text), invalid + "Multiple attribute names used in one condition") << text;
  for (const char* text : {"b.d > a AND c.d > e.f", "a.d > c", "b[0] > a"})
    EXPECT_EQ(complaint(text), "KeyConditionExpressions cannot have conditions on nested attributes") << text;
  EXPECT_EQ(complaint(":2 > :1 AND a < :2"), invalid + "No key attribute specified");
  for (const char* text :
       {"b > :1 AND b < :1 and c = :1 and d = :1", "(a > :1 and b > :1) and (b > :1 and c > :1)", "p=:p AND p=:p"})
    EXPECT_EQ(complaint(text),
              "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key")
        << text;
  EXPECT_EQ(complaint(":p = a and b = :p and :p = c"),
            "The number of query conditions (3) exceeds the number of key attributes defined in the schema (2)");
  EXPECT_EQ(complaint("c = :b and p = :p", kWithSort, R"({":b":{"BOOL":true},":p":{"S":"x"}})"),
            "One or more parameter values were invalid: Condition parameter type does not match schema type");
  EXPECT_EQ(complaint("p=:p AND dog(c, :1)"), "Invalid KeyConditionExpression: Invalid function name; function: dog");
  EXPECT_EQ(complaint("p=:p AND begins_with(c, :1)"),
            "Invalid KeyConditionExpression: Incorrect operand type for operator or function; operator or function: "
            "begins_with, operand type: N");
}

}  // namespace
}  // namespace brume::dynamodb
