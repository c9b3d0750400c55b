// From key attributes to store keys and back, with the checks and texts of AWS.
#pragma once

#include <string>
#include <string_view>

#include "dynamodb/table/table.h"
#include "wire/item.h"

namespace brume::dynamodb {

inline constexpr std::size_t kMaxPartitionKeyBytes = 2048;
inline constexpr std::size_t kMaxSortKeyBytes = 1024;

/// Store key of the item that a request's Key names. Errors: "The provided key element does not match the
/// schema" for missing, additional or mistyped attributes; empty or too long values.
std::string key_of_key(const Table& table, wire::ItemView key);

/// Store key of an item to be put. Errors: "One or more parameter values were invalid: Missing the key id in
/// the item", "… Type mismatch for key id expected: S actual: N"; empty or too long values.
std::string key_of_item(const Table& table, wire::ItemView item);

/// Appends the key attributes of `item` as an item of their own; the item has them.
void append_key_attributes(const Table& table, wire::ItemView item, std::string& out);

/// `d i table hash partition`: the front of the keys of one partition's items.
std::string partition_prefix(const Table& table, wire::ValueView partition_key);

}  // namespace brume::dynamodb
