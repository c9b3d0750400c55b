#include "dynamodb/table/table_definition.h"

#include <algorithm>

#include "dynamodb/errors.h"
#include "dynamodb/index/index_definition.h"
#include "dynamodb/request/request.h"
#include "dynamodb/state.h"
#include "dynamodb/stream/stream_definition.h"

namespace brume::dynamodb {
namespace json = boost::json;
namespace {

constexpr std::int64_t kMaxUnits = 1'000'000'000'000;
constexpr std::size_t kMaxTags = 50;

const json::value* member(const json::object& o, std::string_view name) {
  const json::value* value = o.if_contains(name);
  return value && !value->is_null() ? value : nullptr;
}

std::string text(const json::object& o, std::string_view name) {
  const json::value* value = member(o, name);
  return value ? std::string(value->as_string()) : std::string();
}

std::int64_t integer(const json::object& o, std::string_view name) {
  const json::value* value = member(o, name);
  return value ? value->to_number<std::int64_t>() : 0;
}

bool is_non_empty_array(const json::object& o, std::string_view name) {
  const json::value* value = member(o, name);
  return value && !value->as_array().empty();
}

std::string joined(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all;
}

void refuse_what_is_missing(const json::object& input) {
  if (is_non_empty_array(input, "VectorIndexes") || is_non_empty_array(input, "VectorIndexUpdates"))
    throw_unsupported("vector indexes");
  if (member(input, "ResourcePolicy")) throw_unsupported("resource policies of tables");
  if (is_non_empty_array(input, "ReplicaUpdates") || member(input, "GlobalTableSourceArn") ||
      member(input, "MultiRegionConsistency") || is_non_empty_array(input, "GlobalTableWitnessUpdates"))
    throw_unsupported("global tables");
}

/// Throughput of ProvisionedThroughput, within bounds.
Throughput read_throughput(const json::object& o) {
  Throughput throughput;
  throughput.read_units = integer(o, "ReadCapacityUnits");
  throughput.write_units = integer(o, "WriteCapacityUnits");
  auto check = [](std::int64_t units, std::string_view name) {
    if (units > kMaxUnits)
      throw_validation("Given value " + std::to_string(units) + " for " + std::string(name) + " is out of bounds");
  };
  check(throughput.read_units, "ReadCapacityUnits");
  check(throughput.write_units, "WriteCapacityUnits");
  return throughput;
}

/// Constraints of the shape; the units' model type allows more than AWS does.
void check_throughput_shape(const json::object& input, Constraints& constraints) {
  const json::value* throughput = member(input, "ProvisionedThroughput");
  if (!throughput) return;
  for (std::string_view name : {"WriteCapacityUnits", "ReadCapacityUnits"}) {
    std::string path =
        "provisionedThroughput." + std::string(1, static_cast<char>(name[0] | 0x20)) + std::string(name.substr(1));
    if (!member(throughput->as_object(), name)) constraints.fail_null(path);
    else if (std::int64_t units = integer(throughput->as_object(), name); units < 1)
      constraints.fail(std::to_string(units), path, "Member must have value greater than or equal to 1");
  }
}

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

/// "[KeySchemaElement(attributeName=pk, keyType=HASH), …]", as AWS prints the list in a constraint's message.
std::string shown(const json::array& key_schema) {
  std::string all = "[";
  for (const json::value& element : key_schema)
    all += (all.size() > 1 ? ", " : "") +
           ("KeySchemaElement(attributeName=" + text(element.as_object(), "AttributeName")) +
           ", keyType=" + text(element.as_object(), "KeyType") + ")";
  return all + "]";
}

void check_shape(const json::object& input) {
  Constraints constraints;
  if (!member(input, "AttributeDefinitions")) constraints.fail_null("attributeDefinitions");
  check_throughput_shape(input, constraints);
  if (const json::value* schema = member(input, "KeySchema")) {
    const json::array& elements = schema->as_array();
    if (elements.empty())
      constraints.fail("[]", "keySchema", "Member must have length greater than or equal to 1");
    if (elements.size() > 2)
      constraints.fail(shown(elements), "keySchema", "Member must have length less than or equal to 2");
  } else {
    constraints.fail_null("keySchema");
  }
  constraints.throw_if_any();
}

void read_attribute_definitions(const json::object& input, Table& table) {
  for (const json::value& value : input.at("AttributeDefinitions").as_array()) {
    const json::object& definition = value.as_object();
    auto type = wire::type_from_name(text(definition, "AttributeType"));
    table.attribute_definitions.push_back({text(definition, "AttributeName"), type.value_or(wire::ValueType::string)});
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
  if (keys.size() != definitions.size())
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

/// SSEDescription for an SSESpecification; empty for the key that AWS owns.
json::object describe_encryption(const json::object& specification, const Table& table, Random& random) {
  const json::value* enabled = member(specification, "Enabled");
  bool by_kms = member(specification, "SSEType") || member(specification, "KMSMasterKeyId");
  if (enabled ? !enabled->as_bool() : !by_kms) return {};
  std::string key = text(specification, "KMSMasterKeyId");
  std::string prefix = "arn:aws:kms:" + table.region + ":" + table.account + ":";
  if (key.empty()) key = prefix + "key/" + random.uuid();
  else if (key.starts_with("alias/")) key = prefix + key;
  else if (!key.starts_with("arn:")) key = prefix + "key/" + key;
  std::string type = text(specification, "SSEType");
  return {{"Status", "ENABLED"}, {"SSEType", type.empty() ? "KMS" : type}, {"KMSMasterKeyArn", key}};
}

void read_settings(const json::object& input, Random& random, Table& table) {
  if (const json::value* flag = member(input, "DeletionProtectionEnabled")) table.deletion_protection = flag->as_bool();
  if (const json::value* sse = member(input, "SSESpecification"))
    table.sse = describe_encryption(sse->as_object(), table, random);
  if (const json::value* limits = member(input, "OnDemandThroughput")) table.on_demand_throughput = limits->as_object();
  if (const json::value* warm = member(input, "WarmThroughput")) table.warm_throughput = warm->as_object();
}

/// A change of capacity: what increases or decreases when.
void change_throughput(const Throughput& wanted, WallTime now, Table& table) {
  Throughput& current = table.throughput;
  using Days = std::chrono::days;
  bool same_day =
      current.last_decrease && std::chrono::floor<Days>(*current.last_decrease) == std::chrono::floor<Days>(now);
  if (!same_day) current.decreases_today = 0;
  if (wanted.read_units > current.read_units || wanted.write_units > current.write_units) current.last_increase = now;
  if (wanted.read_units < current.read_units || wanted.write_units < current.write_units) {
    current.last_decrease = now;
    current.decreases_today += 1;
  }
  current.read_units = wanted.read_units;
  current.write_units = wanted.write_units;
}

[[noreturn]] void throw_unchanged(const Throughput& current, const Throughput& wanted) {
  throw_validation(
      "The provisioned throughput for the table will not change. The requested value equals the current value. "
      "Current ReadCapacityUnits provisioned for the table: " + std::to_string(current.read_units) +
      ". Requested ReadCapacityUnits: " + std::to_string(wanted.read_units) +
      ". Current WriteCapacityUnits provisioned for the table: " + std::to_string(current.write_units) +
      ". Requested WriteCapacityUnits: " + std::to_string(wanted.write_units) +
      ". Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.");
}

/// True if something changes.
bool update_billing(const json::object& input, WallTime now, Table& table) {
  const json::value* throughput = member(input, "ProvisionedThroughput");
  std::string mode = text(input, "BillingMode");
  bool was_on_demand = table.billing_mode == BillingMode::pay_per_request;
  bool on_demand = mode.empty() ? was_on_demand : mode == "PAY_PER_REQUEST";
  if (on_demand) {
    if (throughput)
      throw_invalid_parameter(
          "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST");
    if (was_on_demand) return false;
    table.billing_mode = BillingMode::pay_per_request;
    table.pay_per_request_since = now;
    change_throughput(Throughput{}, now, table);
    return true;
  }
  if (!throughput) return false;
  Throughput wanted = read_throughput(throughput->as_object());
  if (!was_on_demand && wanted.read_units == table.throughput.read_units &&
      wanted.write_units == table.throughput.write_units)
    throw_unchanged(table.throughput, wanted);
  table.billing_mode = BillingMode::provisioned;
  change_throughput(wanted, now, table);
  return true;
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
  for (const json::value& value : input) {
    Tag tag{text(value.as_object(), "Key"), text(value.as_object(), "Value")};
    if (tag.key.starts_with("aws:"))
      throw_invalid_parameter("Tag keys starting with 'aws:' are reserved for system use");
    auto old = std::find_if(tags.begin(), tags.end(), [&](const Tag& t) { return t.key == tag.key; });
    if (old != tags.end()) *old = std::move(tag);
    else tags.push_back(std::move(tag));
  }
  if (tags.size() > kMaxTags) throw_invalid_parameter("Too many tags, the limit is " + std::to_string(kMaxTags));
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
  define_indexes(input, now, table);
  apply_stream_specification(input, now, table);
  table.table_class = text(input, "TableClass");
  read_settings(input, random, table);
  if (const json::value* tags = member(input, "Tags")) merge_tags(tags->as_array(), table.tags);
  table.uuid = random.uuid();
  return table;
}

void check_update_table(const json::object& input) {
  Constraints constraints;
  check_throughput_shape(input, constraints);
  constraints.throw_if_any();
  bool any = false;
  for (std::string_view name :
       {"ProvisionedThroughput", "BillingMode", "SSESpecification", "TableClass", "DeletionProtectionEnabled",
        "OnDemandThroughput", "WarmThroughput", "StreamSpecification", "MultiRegionConsistency"})
    any = any || member(input, name);
  for (std::string_view name :
       {"GlobalSecondaryIndexUpdates", "ReplicaUpdates", "VectorIndexUpdates", "GlobalTableWitnessUpdates"})
    any = any || is_non_empty_array(input, name);
  if (!any)
    throw_validation(
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates "
        "or SSESpecification or ReplicaUpdates is required");
  if (text(input, "BillingMode") == "PROVISIONED" && !member(input, "ProvisionedThroughput"))
    throw_invalid_parameter("ProvisionedThroughput must be specified when BillingMode is PROVISIONED");
  if (const json::value* throughput = member(input, "ProvisionedThroughput")) read_throughput(throughput->as_object());
  refuse_what_is_missing(input);
}

bool update_table_definition(const json::object& input, WallTime now, Random& random, Table& table) {
  bool shows_updating = update_billing(input, now, table);
  if (std::string wanted = text(input, "TableClass"); !wanted.empty() && wanted != table.table_class) {
    table.table_class = wanted;
    table.table_class_changed_at = now;
    shows_updating = true;
  }
  shows_updating = shows_updating || member(input, "SSESpecification");
  shows_updating = update_indexes(input, now, table) || shows_updating;
  shows_updating = apply_stream_specification(input, now, table) || shows_updating;
  read_settings(input, random, table);
  return shows_updating;
}

}  // namespace brume::dynamodb
