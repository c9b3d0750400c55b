#include "dynamodb/table/table_settings.h"

#include "dynamodb/request/errors.h"
#include "dynamodb/table/definition_json.h"

namespace brume::dynamodb {
namespace json = boost::json;
namespace {

void check_encryption(const json::object& specification) {
  const json::value* enabled = member(specification, "Enabled");
  const std::string type = text(specification, "SSEType");
  const bool has_key = member(specification, "KMSMasterKeyId");
  if (enabled && !enabled->as_bool()) {
    if (!type.empty()) throw_invalid_parameter("SSEType can not be specified if Enabled is false");
    if (has_key) throw_invalid_parameter("KMSMasterKeyId can not be specified if Enabled is false");
  }
  if (type == "AES256") throw_invalid_parameter("SSEType AES256 is not supported");
  if (has_key) throw_unsupported("keys of a table's own (KMSMasterKeyId)");
}

}  // namespace

void refuse_what_is_missing(const json::object& input) {
  if (is_non_empty_array(input, "VectorIndexes") || is_non_empty_array(input, "VectorIndexUpdates"))
    throw_unsupported("vector indexes");
  if (member(input, "ResourcePolicy")) throw_unsupported("resource policies of tables");
  if (is_non_empty_array(input, "ReplicaUpdates") || member(input, "GlobalTableSourceArn") ||
      member(input, "MultiRegionConsistency") || is_non_empty_array(input, "GlobalTableWitnessUpdates"))
    throw_unsupported("global tables");
}

void check_throughput_shape(const json::object& input, Constraints& constraints) {
  const json::value* throughput = member(input, "ProvisionedThroughput");
  if (!throughput) return;
  for (std::string_view name : {"WriteCapacityUnits", "ReadCapacityUnits"}) {
    std::string path = "provisionedThroughput." + std::string(1, static_cast<char>(name[0] | 0x20)) +
                       std::string(name.substr(1));
    if (!member(throughput->as_object(), name)) constraints.fail_null(path);
    else if (std::int64_t units = whole(throughput->as_object(), name); units < 1)
      constraints.fail(std::to_string(units), path, "Member must have value greater than or equal to 1");
  }
}

std::string shown_key_schema(const json::array& key_schema) {
  std::string all = "[";
  for (const json::value& element : key_schema)
    all += (all.size() > 1 ? ", " : "") +
           ("KeySchemaElement(attributeName=" + text(element.as_object(), "AttributeName")) +
           ", keyType=" + text(element.as_object(), "KeyType") + ")";
  return all + "]";
}

void read_settings(const json::object& input, Table& table) {
  if (const json::value* flag = member(input, "DeletionProtectionEnabled")) table.deletion_protection = flag->as_bool();
  if (const json::value* sse = member(input, "SSESpecification")) {
    // Tables are not encrypted with keys of their own, so none is shown: what is shown is what a table with the key that
    // AWS owns shows, nothing.
    check_encryption(sse->as_object());
  }
}

}  // namespace brume::dynamodb
