#include "dynamodb/control/table_definition.h"

#include <algorithm>
#include <set>

#include "dynamodb/request/errors.h"
#include "dynamodb/index/index_definition.h"
#include "dynamodb/request/request.h"
#include "dynamodb/state/state.h"
#include "dynamodb/stream/stream_definition.h"
#include "dynamodb/table/capacity_settings.h"
#include "dynamodb/table/definition_json.h"
#include "dynamodb/table/table_settings.h"

namespace brume::dynamodb {
namespace json = boost::json;
namespace {

constexpr std::size_t kMaxTags = 50;

void read_billing(const json::object& input, Table& table) {
  const json::value* throughput = member(input, "ProvisionedThroughput");
  if (text(input, "BillingMode") == "PAY_PER_REQUEST") {
    if (throughput)
      throw_invalid_parameter(
          "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST");
    table.billing_mode = BillingMode::pay_per_request;
    return;
  }
  if (!throughput)
    throw_invalid_parameter(
        "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED");
  table.throughput = read_throughput(throughput->as_object());
}

void check_shape(const json::object& input) {
  Constraints constraints;
  if (!member(input, "AttributeDefinitions")) constraints.fail_null("attributeDefinitions");
  check_throughput_shape(input, constraints);
  if (const json::value* schema = member(input, "KeySchema")) {
    const json::array& elements = schema->as_array();
    if (elements.empty()) constraints.fail("[]", "keySchema", "Member must have length greater than or equal to 1");
    if (elements.size() > 2)
      constraints.fail(shown_key_schema(elements), "keySchema", "Member must have length less than or equal to 2");
  } else {
    constraints.fail_null("keySchema");
  }
  constraints.throw_if_any();
}

void read_attribute_definitions(const json::object& input, Table& table) {
  for (const json::value& value : input.at("AttributeDefinitions").as_array()) {
    const json::object& definition = value.as_object();
    auto type = wire::type_from_name(text(definition, "AttributeType"));
    std::string name = text(definition, "AttributeName");
    for (const AttributeDefinition& other : table.attribute_definitions)
      if (other.name == name) throw_validation("Attribute Name is duplicated: " + name);
    table.attribute_definitions.push_back({std::move(name), type.value_or(wire::ValueType::string)});
  }
}

void read_key_schema(const json::object& input, Table& table) {
  const json::array& schema = input.at("KeySchema").as_array();
  std::vector<std::string> keys, definitions;
  for (const json::value& element : schema) keys.push_back(text(element.as_object(), "AttributeName"));
  for (const AttributeDefinition& definition : table.attribute_definitions) definitions.push_back(definition.name);

  if (keys.size() > definitions.size())
    throw_validation("Invalid KeySchema: Some index key attribute have no definition");
  auto is_defined = [&](const std::string& key) {
    return std::find(definitions.begin(), definitions.end(), key) != definitions.end();
  };
  if (!std::all_of(keys.begin(), keys.end(), is_defined))
    throw_invalid_parameter("Some index key attributes are not defined in AttributeDefinitions. Keys: [" +
                            joined(keys) + "], AttributeDefinitions: [" + joined(definitions) + "]");
  if (keys.size() == 2 && keys[0] == keys[1])
    throw_validation("Both the Hash Key and the Range Key element in the KeySchema have the same name");
  if (text(schema[0].as_object(), "KeyType") != "HASH")
    throw_validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
  if (keys.size() == 2 && text(schema[1].as_object(), "KeyType") != "RANGE")
    throw_validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
  if (keys.size() != definitions.size() && !member(input, "LocalSecondaryIndexes") &&
      !member(input, "GlobalSecondaryIndexes"))
    throw_invalid_parameter(
        "Number of attributes in KeySchema does not exactly match number of attributes defined in "
        "AttributeDefinitions");

  auto definition_of = [&](const std::string& key) {
    return *std::find_if(table.attribute_definitions.begin(), table.attribute_definitions.end(),
                         [&](const AttributeDefinition& d) { return d.name == key; });
  };
  table.partition_key = definition_of(keys[0]);
  if (keys.size() == 2) table.sort_key = definition_of(keys[1]);
}

}  // namespace

void check_new_table_name(std::string_view name) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  Constraints constraints;
  if (name.find_first_not_of(kAllowed) != std::string_view::npos)
    constraints.fail(name, "tableName", "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
  if (name.size() < 3) constraints.fail(name, "tableName", "Member must have length greater than or equal to 3");
  if (name.size() > 255) constraints.fail(name, "tableName", "Member must have length less than or equal to 255");
  constraints.throw_if_any();
}

void merge_tags(const json::array& input, std::vector<Tag>& tags) {
  std::set<std::string> keys;
  for (const json::value& value : input) {
    Tag tag{text(value.as_object(), "Key"), text(value.as_object(), "Value")};
    if (tag.key.starts_with("aws:")) throw_validation("Tag Key cannot be prefixed with aws:, Key: " + tag.key);
    if (!keys.insert(tag.key).second)
      throw_validation("Duplicate Tag Keys provided as input: Duplicate Tag Key found " + tag.key);
    auto old = std::find_if(tags.begin(), tags.end(), [&](const Tag& t) { return t.key == tag.key; });
    if (old != tags.end()) *old = std::move(tag);
    else tags.push_back(std::move(tag));
  }
  if (tags.size() > kMaxTags) throw_validation("Number of Tags exceed the current limit for the provided ResourceArn");
}

Table define_table(const json::object& input, std::string_view account, std::string_view region, WallTime now,
                   Random& random) {
  Table table;
  table.account = account;
  table.region = region;
  table.name = table_name_of(text(input, "TableName"), account, region);
  check_new_table_name(table.name);
  check_shape(input);
  read_billing(input, table);
  refuse_what_is_missing(input);
  read_attribute_definitions(input, table);
  read_key_schema(input, table);
  define_indexes(input, table);
  apply_stream_specification(input, now, table);
  table.table_class = text(input, "TableClass");
  read_settings(input, table);
  if (const json::value* limits = member(input, "OnDemandThroughput"))
    apply_on_demand_throughput(limits->as_object(), table.billing_mode, "", false, table.on_demand_throughput);
  if (const json::value* warm = member(input, "WarmThroughput"))
    apply_warm_throughput(warm->as_object(), table.billing_mode, table.throughput, "", false, table.warm_throughput);
  if (const json::value* tags = member(input, "Tags")) merge_tags(tags->as_array(), table.tags);
  check_capacity_quota(table.throughput, region, "");
  for (const Index& index : table.indexes) check_capacity_quota(index.throughput, region, index.name);
  table.uuid = random.uuid();
  return table;
}

}  // namespace brume::dynamodb
