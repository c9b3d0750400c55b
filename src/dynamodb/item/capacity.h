// Consumed capacity. Counted in half units, so that an eventually consistent read of 4 KB is a whole number.
// Source: "DynamoDB read and write operations: capacity unit consumption", Developer Guide.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "dynamodb/item/item_writer.h"
#include "dynamodb/request/request.h"
#include "dynamodb/table/table.h"
#include "service/usage.h"

namespace brume::dynamodb {

using HalfUnits = std::uint64_t;

/// A strongly consistent read takes a unit for each 4 KB, at least one, an eventually consistent one half.
HalfUnits read_units(std::size_t bytes, bool consistent);
/// The same of an item in its stored form; "" for none. Short ones are not walked.
HalfUnits read_units_of(std::string_view stored_item, bool consistent);
/// A write takes a unit for each KB of the larger of the item before and after, at least one.
HalfUnits write_units(std::size_t bytes_before, std::size_t bytes_after);

/// What a request took of one table and its indexes.
struct Consumption {
  struct OfIndex {
    const Index* index = nullptr;
    HalfUnits units = 0;
  };
  HalfUnits table = 0;
  boost::container::small_vector<OfIndex, 2> indexes;

  HalfUnits total() const;
  void add(const Consumption& other);
};

/// A write takes units of the table and of each index whose entry it changed: one write for an entry put, changed or
/// erased, two for one that moves (the old one is erased, the new one put).
Consumption consumed_by(const ChangeEffect& effect);

enum class Units : std::uint8_t { read, write };
/// Tells a call's usage what it took of a table: the table itself, with its local indexes, and each global index.
void add_usage(service::UsageList& usage, Units units, const Table& table, const Consumption& consumption);

/// Appends `"ConsumedCapacity":{…},` to an answer's open object unless `wanted` is none.
void append_consumed_capacity(std::string& json, ReturnCapacity wanted, const Table& table,
                              const Consumption& consumption);
/// Appends `{"TableName":…}` alone, for answers that carry a list of them. `detail` names a further figure of the total
/// that transactions give: "ReadCapacityUnits" or "WriteCapacityUnits"; "" for none.
void append_capacity_object(std::string& json, ReturnCapacity wanted, const Table& table,
                            const Consumption& consumption, std::string_view detail = {});

}  // namespace brume::dynamodb
