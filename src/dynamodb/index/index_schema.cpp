#include "dynamodb/index/index_schema.h"

#include <algorithm>
#include <limits>

#include "dynamodb/request/errors.h"
#include "dynamodb/table/capacity_settings.h"
#include "dynamodb/table/definition_json.h"

namespace brume::dynamodb {
namespace json = boost::json;
namespace {

struct KeyElement {
  std::string name;
  bool is_hash = false;
};

std::vector<KeyElement> read_elements(const json::object& input) {
  std::vector<KeyElement> elements;
  for (const json::value& value : input.at("KeySchema").as_array())
    elements.push_back({text(value.as_object(), "AttributeName"), text(value.as_object(), "KeyType") == "HASH"});
  return elements;
}

const AttributeDefinition* definition_of(const Table& table, const std::string& name) {
  for (const AttributeDefinition& definition : table.attribute_definitions)
    if (definition.name == name) return &definition;
  return nullptr;
}

/// A local index has one partition key and one sort key, as the table has.
void check_pair(const std::vector<KeyElement>& elements) {
  if (elements.size() == 2 && elements[0].name == elements[1].name)
    throw_validation("Both the Hash Key and the Range Key element in the KeySchema have the same name");
  if (!elements[0].is_hash) throw_validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
  if (elements.size() == 2 && elements[1].is_hash)
    throw_validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
}

/// A global index has up to four partition key attributes, then up to four of the sort key.
void check_several(const std::vector<KeyElement>& elements) {
  if (!elements[0].is_hash) throw_validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
  auto is_hash = [](const KeyElement& element) { return element.is_hash; };
  auto first_range = std::find_if_not(elements.begin(), elements.end(), is_hash);
  if (std::any_of(first_range, elements.end(), is_hash))
    throw_invalid_parameter("All HASH key attributes must precede RANGE key attributes in the KeySchema");
  auto check_count = [](auto count, std::string_view type) {
    if (static_cast<std::size_t>(count) > kMaxKeyAttributes)
      throw_invalid_parameter("The KeySchema exceeds the maximum allowed number of " + std::string(type) +
                              " key attributes");
  };
  check_count(first_range - elements.begin(), "HASH");
  check_count(elements.end() - first_range, "RANGE");
  for (auto element = elements.begin(); element != elements.end(); ++element)
    if (std::any_of(elements.begin(), element, [&](const KeyElement& other) { return other.name == element->name; }))
      throw_validation("The KeySchema contains multiple key attributes with the same name");
}

void check_local(const std::vector<KeyElement>& elements, const std::string& name, const Table& table) {
  check_pair(elements);
  if (elements.size() != 2) throw_invalid_parameter("Index KeySchema does not have a range key for index: " + name);
  if (elements[0].name != table.partition_key.name)
    throw_invalid_parameter(
        "Index KeySchema does not have the same leading hash key as table KeySchema for index: " + name +
        ". index hash key: " + elements[0].name + ", table hash key: " + table.partition_key.name);
}

void read_projection(const json::object& input, Index& index) {
  const json::object& projection = input.at("Projection").as_object();
  const std::string type = text(projection, "ProjectionType");
  if (type.empty()) throw_invalid_parameter("Unknown ProjectionType: null");
  index.projection = type == "ALL"       ? ProjectionType::all
                     : type == "INCLUDE" ? ProjectionType::include
                                         : ProjectionType::keys_only;
  const json::array* names = array_member(projection, "NonKeyAttributes");
  if (names && index.projection != ProjectionType::include)
    throw_invalid_parameter("ProjectionType is " + type + ", but NonKeyAttributes is specified");
  if (!names && index.projection == ProjectionType::include)
    throw_invalid_parameter("ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
  if (!names) return;
  for (const json::value& value : *names) {
    std::string name(value.as_string());
    std::vector<std::string>& all = index.non_key_attributes;
    if (std::find(all.begin(), all.end(), name) != all.end())
      throw_invalid_parameter("Duplicate element in NonKeyAttributes: " + name);
    all.push_back(std::move(name));
  }
}

void check_throughput_given(bool given, IndexOrigin origin, const Table& table, const std::string& name) {
  const bool on_demand = table.billing_mode == BillingMode::pay_per_request;
  if (on_demand != given) return;
  if (origin == IndexOrigin::create_table)
    throw_invalid_parameter(on_demand ? "ProvisionedThroughput should not be specified for index: " + name +
                                            " when BillingMode is PAY_PER_REQUEST"
                                      : "ProvisionedThroughput is not specified for index: " + name);
  throw_invalid_parameter(on_demand
                              ? "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: " + name +
                                    " when BillingMode is PAY_PER_REQUEST"
                              : "Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: " + name);
}

void read_capacity(const json::object& input, IndexOrigin origin, const Table& table, Index& index) {
  const json::value* throughput = member(input, "ProvisionedThroughput");
  check_throughput_given(throughput, origin, table, index.name);
  if (throughput) index.throughput = read_throughput(throughput->as_object());
  if (const json::value* limits = member(input, "OnDemandThroughput"))
    apply_on_demand_throughput(limits->as_object(), table.billing_mode, index.name, false, index.on_demand_throughput);
  if (const json::value* warm = member(input, "WarmThroughput"))
    apply_warm_throughput(warm->as_object(), table.billing_mode, index.throughput, index.name, false,
                          index.warm_throughput);
}

}  // namespace

std::string_view text_of(ProjectionType projection) {
  switch (projection) {
    case ProjectionType::keys_only: return "KEYS_ONLY";
    case ProjectionType::include: return "INCLUDE";
    default: return "ALL";
  }
}

void check_are_defined(const json::object& input, const Table& table) {
  std::vector<std::string> keys, definitions;
  for (const KeyElement& element : read_elements(input)) keys.push_back(element.name);
  for (const AttributeDefinition& definition : table.attribute_definitions) definitions.push_back(definition.name);
  if (!std::all_of(keys.begin(), keys.end(), [&](const std::string& key) { return definition_of(table, key); }))
    throw_invalid_parameter("Some index key attributes are not defined in AttributeDefinitions. Keys: [" +
                            joined(keys) + "], AttributeDefinitions: [" + joined(definitions) + "]");
}

Index read_index(const json::object& input, IndexKind kind, IndexOrigin origin, const Table& table) {
  Index index;
  index.kind = kind;
  index.name = text(input, "IndexName");
  const std::vector<KeyElement> elements = read_elements(input);
  if (kind == IndexKind::local) check_local(elements, index.name, table);
  else check_several(elements);
  for (const KeyElement& element : elements)
    (element.is_hash ? index.partition_keys : index.sort_keys).push_back(*definition_of(table, element.name));
  read_projection(input, index);
  if (kind == IndexKind::global) read_capacity(input, origin, table, index);
  return index;
}

void add_index(Table& table, Index index) {
  if (table.find_index(index.name)) throw_invalid_parameter("Duplicate index name: " + index.name);
  if (table.next_index_number == std::numeric_limits<std::uint16_t>::max())
    throw AwsError(kLimitExceeded, "Subscriber limit exceeded: no more indexes can be created on table " + table.name);
  index.number = table.next_index_number++;
  table.indexes.push_back(std::move(index));
  std::size_t projected = 0;
  for (const Index& other : table.indexes) projected += other.non_key_attributes.size();
  if (projected > kMaxProjectedAttributes)
    throw_invalid_parameter("Number of projected attributes in all indexes exceeds the per-table limit of " +
                            std::to_string(kMaxProjectedAttributes));
}

}  // namespace brume::dynamodb
