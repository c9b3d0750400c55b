// What a table is: its definition as a record in the store and as an immutable value in memory.
#pragma once

#include <boost/json/object.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "dynamodb/counters.h"
#include "dynamodb/keys.h"
#include "dynamodb/write_gate.h"
#include "wire/item.h"

namespace brume::dynamodb {

struct AttributeDefinition {
  std::string name;
  wire::ValueType type = wire::ValueType::string;  ///< S, N or B
};

enum class BillingMode : std::uint8_t { provisioned, pay_per_request };
enum class TableStatus : std::uint8_t { creating, active, updating, deleting, gone };
std::string_view text_of(TableStatus status);

/// Provisioned capacity. Times are absent until the first change of that kind.
struct Throughput {
  std::int64_t read_units = 0;
  std::int64_t write_units = 0;
  std::int64_t decreases_today = 0;
  std::optional<WallTime> last_increase;
  std::optional<WallTime> last_decrease;
};

struct Tag {
  std::string key;
  std::string value;
};

/// What changes without a new revision.
struct TableLive {
  TableCounters counters;
  WriteGate gate;
};

/// One revision of a table. Never changed once it is published (tables.h): a change makes a new revision.
struct Table {
  TableId id{};
  std::uint64_t revision = 1;   ///< rises with each change of the record
  std::string account;
  std::string region;
  std::string name;
  std::string uuid;             ///< TableId of the API
  WallTime created_at;

  std::vector<AttributeDefinition> attribute_definitions;  ///< in the order in which they were given
  AttributeDefinition partition_key;
  std::optional<AttributeDefinition> sort_key;

  BillingMode billing_mode = BillingMode::provisioned;
  std::optional<WallTime> pay_per_request_since;    ///< LastUpdateToPayPerRequestDateTime
  Throughput throughput;
  std::string table_class;                          ///< "" until one was asked for: STANDARD
  std::optional<WallTime> table_class_changed_at;
  bool deletion_protection = false;
  boost::json::object sse;                          ///< SSEDescription, empty for none
  boost::json::object on_demand_throughput;         ///< as given, empty for none
  boost::json::object warm_throughput;              ///< as given, empty for none
  std::vector<Tag> tags;

  /// The change that is under way until `settles_at`: creating, updating or deleting; else active.
  TableStatus change = TableStatus::active;
  WallTime settles_at;

  std::shared_ptr<TableLive> live;                  ///< shared by all revisions; not part of the record
  std::string key_prefix;                           ///< items_prefix(id)

  /// A change settles by the clock alone: nothing has to run for CREATING to become ACTIVE. `gone` is a
  /// deleted table whose record is about to be erased.
  TableStatus status(WallTime now) const;
  /// What the item operations ask: active, or being updated.
  bool serves_items(WallTime now) const;
  std::string arn() const;
  std::string record_key() const { return table_record_key(account, region, name); }
};

using TablePtr = std::shared_ptr<const Table>;

/// The record: JSON with a version. Decoding sets neither live nor key_prefix.
std::string encode_table(const Table& table);
/// Errors: store::StoreError for a record that this binary cannot read.
Table decode_table(std::string_view record);

/// Adds what is not in the record.
TablePtr finish_table(Table table, std::shared_ptr<TableLive> live);

}  // namespace brume::dynamodb
