// Consumed capacity. Counted in half units, so that an eventually consistent read of 4 KB is a whole number.
// Source: "DynamoDB read and write operations: capacity unit consumption", Developer Guide.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "dynamodb/request.h"
#include "dynamodb/table.h"

namespace brume::dynamodb {

using HalfUnits = std::uint64_t;

/// A strongly consistent read takes a unit for each 4 KB, at least one, an eventually consistent one half.
HalfUnits read_units(std::size_t bytes, bool consistent);
/// A write takes a unit for each KB of the larger of the item before and after, at least one.
HalfUnits write_units(std::size_t bytes_before, std::size_t bytes_after);

/// Appends `"ConsumedCapacity":{…},` to an answer's open object unless `wanted` is none.
void append_consumed_capacity(std::string& json, ReturnCapacity wanted, const Table& table, HalfUnits units);

}  // namespace brume::dynamodb
