#include "dynamodb/legacy/legacy.h"

#include <algorithm>
#include <array>
#include <limits>

#include "dynamodb/request/errors.h"
#include "dynamodb/request/request.h"
#include "wire/item_json.h"

namespace brume::dynamodb {
namespace dom = simdjson::dom;
namespace {

/// A ComparisonOperator: how many arguments it takes, of which types, and the operator it becomes.
struct Comparison {
  std::string_view name;
  std::size_t least, most;
  std::string_view types;  ///< letters of the scalar types; '*' for sets too
  ConditionOp op;
  bool negated = false;
};

constexpr std::size_t kMany = std::numeric_limits<std::size_t>::max();
constexpr std::array<Comparison, 13> kComparisons{{
    {"EQ", 1, 1, "SNB*", ConditionOp::equal},
    {"NE", 1, 1, "SNB*", ConditionOp::not_equal},
    {"IN", 1, kMany, "SNB", ConditionOp::in},
    {"LE", 1, 1, "SNB", ConditionOp::less_equal},
    {"LT", 1, 1, "SNB", ConditionOp::less},
    {"GE", 1, 1, "SNB", ConditionOp::greater_equal},
    {"GT", 1, 1, "SNB", ConditionOp::greater},
    {"BETWEEN", 2, 2, "SNB", ConditionOp::between},
    {"NOT_NULL", 0, 0, "", ConditionOp::attribute_exists},
    {"NULL", 0, 0, "", ConditionOp::attribute_not_exists},
    {"CONTAINS", 1, 1, "SNB", ConditionOp::contains},
    {"NOT_CONTAINS", 1, 1, "SNB", ConditionOp::contains, true},
    {"BEGINS_WITH", 1, 1, "SB", ConditionOp::begins_with},
}};

const Comparison* find_comparison(std::string_view name) {
  for (const Comparison& comparison : kComparisons)
    if (comparison.name == name) return &comparison;
  return nullptr;
}

[[noreturn]] void throw_bad_structure() { throw AwsError(kSerializationException, "Unexpected value type in payload"); }

dom::object object_of(dom::element json) {
  dom::object object;
  if (json.get(object)) throw_bad_structure();
  return object;
}

std::optional<dom::element> member(dom::object object, std::string_view name) {
  dom::element value;
  if (object.at_key(name).get(value) || value.is_null()) return std::nullopt;
  return value;
}

std::string_view text_member(dom::object object, std::string_view name) {
  auto value = member(object, name);
  if (!value) return {};
  if (!value->is_string()) throw_bad_structure();
  return *value;
}

std::vector<wire::ValueView> argument_list(dom::element json, LegacyValues& values) {
  dom::array list;
  if (json.get(list)) throw_bad_structure();
  std::vector<wire::ValueView> arguments;
  for (dom::element value : list) arguments.push_back(values.keep_value(value));
  return arguments;
}

/// The member ComparisonOperator, which must be one of the known ones.
const Comparison& comparison_of(dom::object condition, const std::string& path) {
  std::string_view name = text_member(condition, "ComparisonOperator");
  const Comparison* comparison = find_comparison(name);
  if (comparison) return *comparison;
  Constraints constraints;
  if (name.empty()) constraints.fail_null(path + ".member.comparisonOperator");
  else
    constraints.fail(
        name, path + ".member.comparisonOperator",
        "Member must satisfy enum value set: [IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, "
        "BEGINS_WITH, GE, CONTAINS]");
  constraints.throw_if_any();
  std::abort();
}

void check_arguments(const Comparison& comparison, std::span<const wire::ValueView> arguments, bool check_types) {
  std::string name(comparison.name);
  if (arguments.size() < comparison.least || arguments.size() > comparison.most)
    throw_invalid_parameter("Invalid number of argument(s) for the " + name + " ComparisonOperator");
  for (wire::ValueView value : arguments) {
    if (value.type() != arguments.front().type())
      throw_invalid_parameter("AttributeValues inside AttributeValueList must be of same type");
    std::string_view type = wire::type_name(value.type());
    bool allowed = comparison.types.find(type) != std::string_view::npos ||
                   (value.is_set() && comparison.types.find('*') != std::string_view::npos);
    // Lists, maps, booleans and nulls came later than the documentation of these; EQ and NE take them.
    allowed = allowed || comparison.op == ConditionOp::equal || comparison.op == ConditionOp::not_equal;
    if (check_types && !allowed)
      throw_invalid_parameter("ComparisonOperator " + name + " is not valid for " + std::string(type) +
                              " AttributeValue type");
  }
  if (comparison.op == ConditionOp::between &&
      wire::compare_values(arguments[0], arguments[1]) == std::strong_ordering::greater)
    throw_validation(
        "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound");
}

/// Builds the tree of conditions that are joined by one operator.
class TreeBuilder {
 public:
  explicit TreeBuilder(ConditionOp join) : join_(join) {}

  void add(std::string_view attribute, const Comparison& comparison, std::span<const wire::ValueView> arguments) {
    auto first = static_cast<std::uint32_t>(tree_.operands.size());
    Operand path;
    path.kind = Operand::Kind::path;
    path.path = {static_cast<std::uint32_t>(tree_.paths.steps.size()), 1};
    tree_.paths.steps.push_back(PathStep{attribute});
    tree_.operands.push_back(path);
    for (wire::ValueView value : arguments) {
      Operand operand;
      operand.value = value;
      tree_.operands.push_back(operand);
    }
    std::uint32_t node = push({comparison.op, first, static_cast<std::uint32_t>(1 + arguments.size())});
    if (comparison.negated) {
      // NOT_CONTAINS, unlike NE, is false where the attribute isn't there: as is CONTAINS.
      const std::uint32_t differs = push({ConditionOp::not_, node, 0});
      node = push({ConditionOp::and_, push({ConditionOp::attribute_exists, first, 1}), differs});
    }
    root_ = root_ ? push({join_, *root_, node}) : node;
  }

  std::optional<ConditionExpression> finish() {
    if (!root_) return std::nullopt;
    return ConditionExpression(std::move(tree_));
  }

 private:
  std::uint32_t push(ConditionNode node) {
    tree_.nodes.push_back(node);
    return static_cast<std::uint32_t>(tree_.nodes.size() - 1);
  }
  ConditionOp join_;
  ConditionTree tree_;
  std::optional<std::uint32_t> root_;
};

ConditionOp join_of(std::string_view conditional_operator) {
  return conditional_operator == "OR" ? ConditionOp::or_ : ConditionOp::and_;
}

/// One entry of Expected: either a comparison, or Exists with Value.
void add_expected(std::string_view name, dom::object expected, TreeBuilder& tree, LegacyValues& values) {
  std::string attribute(name);
  auto list = member(expected, "AttributeValueList"), value = member(expected, "Value"),
       exists = member(expected, "Exists");
  std::string comparison_name(text_member(expected, "ComparisonOperator"));
  if (list && value)
    throw_invalid_parameter("Value and AttributeValueList cannot be used together for Attribute: " + attribute);
  if (!comparison_name.empty()) {
    if (exists)
      throw_invalid_parameter("Exists and ComparisonOperator cannot be used together for Attribute: " + attribute);
    const Comparison& comparison = comparison_of(expected, "expected." + attribute);
    if (comparison.least > 0 && !list && !value)
      throw_invalid_parameter("Value or AttributeValueList must be used with ComparisonOperator: " + comparison_name +
                              " for Attribute: " + attribute);
    std::vector<wire::ValueView> arguments;
    if (list) arguments = argument_list(*list, values);
    if (value) arguments.push_back(values.keep_value(*value));
    check_arguments(comparison, arguments, true);
    tree.add(values.keep_name(name), comparison, arguments);
    return;
  }
  if (list)
    throw_invalid_parameter("AttributeValueList can only be used with a ComparisonOperator for Attribute: " +
                            attribute);
  bool must_exist = true;
  if (exists && exists->get(must_exist)) throw_bad_structure();
  if (must_exist && !value)
    throw_invalid_parameter(std::string("Value must be provided when Exists is ") + (exists ? "true" : "null") +
                            " for Attribute: " + attribute);
  if (!must_exist && value)
    throw_invalid_parameter("Value cannot be used when Exists is false for Attribute: " + attribute);
  if (!must_exist) return tree.add(values.keep_name(name), *find_comparison("NULL"), {});
  std::array arguments{values.keep_value(*value)};
  tree.add(values.keep_name(name), *find_comparison("EQ"), arguments);
}

}  // namespace

std::string_view LegacyValues::keep_name(std::string_view name) {
  wire::check_attribute_name(name);
  return texts_.emplace_back(name);
}

wire::ValueView LegacyValues::keep_value(dom::element json) {
  std::string& bytes = texts_.emplace_back();
  wire::append_value_from_json(json, bytes);
  return wire::ValueView(std::string_view(bytes));
}

std::optional<ConditionExpression> read_expected(dom::element expected, std::string_view conditional_operator,
                                                 LegacyValues& values) {
  TreeBuilder tree(join_of(conditional_operator));
  for (auto [name, entry] : object_of(expected)) add_expected(name, object_of(entry), tree, values);
  return tree.finish();
}

std::optional<ConditionExpression> read_filter(dom::element filter, std::string_view parameter,
                                               std::string_view conditional_operator, LegacyValues& values) {
  TreeBuilder tree(join_of(conditional_operator));
  for (auto [name, entry] : object_of(filter)) {
    dom::object condition = object_of(entry);
    const Comparison& comparison = comparison_of(condition, std::string(parameter) + "." + std::string(name));
    std::vector<wire::ValueView> arguments;
    if (auto list = member(condition, "AttributeValueList")) arguments = argument_list(*list, values);
    check_arguments(comparison, arguments, true);
    tree.add(values.keep_name(name), comparison, arguments);
  }
  return tree.finish();
}

ProjectionExpression read_attributes_to_get(dom::element names, LegacyValues& values) {
  std::vector<std::string_view> kept;
  for (dom::element element : dom::array(names)) {
    std::string_view name = element;
    if (std::find(kept.begin(), kept.end(), name) != kept.end())
      throw_invalid_parameter("Duplicate value in attribute name: " + std::string(name));
    kept.push_back(values.keep_name(name));
  }
  return ProjectionExpression::of_attributes(kept);
}

std::vector<LegacyKeyCondition> read_key_conditions(dom::element conditions, LegacyValues& values) {
  std::vector<LegacyKeyCondition> all;
  for (auto [name, entry] : object_of(conditions)) {
    dom::object condition = object_of(entry);
    const Comparison& comparison = comparison_of(condition, "keyConditions." + std::string(name));
    LegacyKeyCondition key{values.keep_name(name), comparison.name, {}};
    if (auto list = member(condition, "AttributeValueList")) key.arguments = argument_list(*list, values);
    check_arguments(comparison, key.arguments, true);
    all.push_back(std::move(key));
  }
  if (all.empty()) throw_validation("Conditions can be of length 1 or 2 only");
  return all;
}

namespace {

NamedCondition named_condition(const LegacyKeyCondition& condition) {
  static constexpr std::array<std::pair<std::string_view, SortCondition::Op>, 7> kOps{{
      {"EQ", SortCondition::Op::equal},
      {"LT", SortCondition::Op::less},
      {"LE", SortCondition::Op::less_equal},
      {"GT", SortCondition::Op::greater},
      {"GE", SortCondition::Op::greater_equal},
      {"BETWEEN", SortCondition::Op::between},
      {"BEGINS_WITH", SortCondition::Op::begins_with},
  }};
  NamedCondition named{condition.attribute, {}, false};
  for (auto [name, op] : kOps) {
    if (name != condition.comparison) continue;
    named.indexable = true;
    named.condition = {op, condition.arguments.front(), condition.arguments.back()};
  }
  return named;
}

}  // namespace

KeyCondition resolve_key_conditions(std::span<const LegacyKeyCondition> conditions, const KeySchema& schema,
                                    const KeyAttributeVisitor& before_each) {
  std::vector<NamedCondition> named;
  for (const LegacyKeyCondition& condition : conditions) named.push_back(named_condition(condition));
  return fit_conditions(named, schema, before_each);
}

}  // namespace brume::dynamodb
