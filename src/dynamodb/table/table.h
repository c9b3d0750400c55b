// What a table is: its definition as a record in the store and as an immutable value in memory.
#pragma once

#include <atomic>
#include <boost/json/object.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "dynamodb/table/counters.h"
#include "dynamodb/table/keys.h"
#include "dynamodb/table/write_gate.h"
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

enum class IndexKind : std::uint8_t { local, global };
enum class IndexStatus : std::uint8_t { creating, active, updating, deleting };
std::string_view text_of(IndexStatus status);

enum class ProjectionType : std::uint8_t { all, keys_only, include };

/// A secondary index. Its entries are in the store (keys.h); each holds the attributes that it projects.
struct Index {
  IndexKind kind = IndexKind::global;
  std::uint16_t number = 0;                          ///< never reused within its table
  std::string name;
  std::vector<AttributeDefinition> partition_keys;   ///< one to four; a local index has the table's
  std::vector<AttributeDefinition> sort_keys;        ///< none to four; a local index has one
  ProjectionType projection = ProjectionType::all;
  std::vector<std::string> non_key_attributes;       ///< INCLUDE, in the order in which they were given
  Throughput throughput;                             ///< of a provisioned global index
  boost::json::object on_demand_throughput;          ///< as given, empty for none
  boost::json::object warm_throughput;               ///< as given, empty for none
  /// A status settles by the clock alone, but for creating while `backfilling` and deleting: these end when the
  /// work is done (index/index_lifecycle.h).
  IndexStatus change = IndexStatus::active;
  WallTime settles_at;
  bool backfilling = false;

  std::string key_prefix;                            ///< index_prefix(); not part of the record
  std::shared_ptr<TableCounters> counters;           ///< shared by all revisions; not part of the record

  IndexStatus status(WallTime now) const;
  /// Can be read: not being created nor deleted.
  bool serves_reads(WallTime now) const;
  /// Has to be kept up to date by writes: everything but an index that is being deleted.
  bool takes_writes() const { return change != IndexStatus::deleting; }
  bool has_key(std::string_view attribute) const;
};

enum class StreamView : std::uint8_t { keys_only, new_image, old_image, new_and_old_images };

/// A stream that the table has or had. The last one of Table::streams may be enabled, the others are not.
struct Stream {
  std::uint32_t number = 0;                 ///< never reused within its table
  std::string label;                        ///< StreamLabel, "2026-11-23T06:00:00.123"
  StreamView view = StreamView::keys_only;
  WallTime created_at;
  std::optional<WallTime> disabled_at;      ///< readable for 24 hours more
  bool since_creation = false;              ///< of the table: it tells of every write
  std::string key_prefix;                   ///< stream_prefix(); not part of the record
  bool enabled() const { return !disabled_at; }
};

/// Time to live. Present from the first UpdateTimeToLive on.
struct TimeToLive {
  std::string attribute;
  bool enabled = false;
  WallTime settles_at;                      ///< until then ENABLING or DISABLING is shown
  bool backfilling = false;                 ///< items from before are still being entered into the expiry index
};

/// What changes without a new revision.
struct TableLive {
  TableCounters counters;
  WriteGate gate;
  std::atomic<std::uint64_t> revision = 0;  ///< the one that was published last
  std::mutex indexes_mutex;
  std::map<std::uint16_t, std::shared_ptr<TableCounters>> index_counters;  ///< by number; guarded by indexes_mutex
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
  boost::json::object on_demand_throughput;         ///< as given, empty for none
  boost::json::object warm_throughput;              ///< as given, empty for none
  std::vector<Tag> tags;
  std::vector<Index> indexes;                       ///< in the order in which they were made
  std::uint16_t next_index_number = 1;
  std::vector<Stream> streams;                      ///< oldest first
  std::uint32_t next_stream_number = 1;
  std::optional<TimeToLive> time_to_live;

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
  const Index* find_index(std::string_view name) const;
  /// The enabled stream, or null.
  const Stream* stream() const { return !streams.empty() && streams.back().enabled() ? &streams.back() : nullptr; }
  bool has_expiry_index() const { return time_to_live && time_to_live->enabled; }
  bool is_key(std::string_view attribute) const {
    return attribute == partition_key.name || (sort_key && attribute == sort_key->name);
  }
  std::string arn() const;
  std::string record_key() const { return table_record_key(account, region, name); }
};

using TablePtr = std::shared_ptr<const Table>;

/// The record: JSON with a version (table_record.cpp). Decoding sets neither live nor key prefixes.
std::string encode_table(const Table& table);
/// Errors: store::StoreError for a record that this binary cannot read.
Table decode_table(std::string_view record);

/// Adds what is not in the record.
TablePtr finish_table(Table table, std::shared_ptr<TableLive> live);

}  // namespace brume::dynamodb
