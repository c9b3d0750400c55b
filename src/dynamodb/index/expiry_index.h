// The items that expire, in the order of their expiry: what the sweeper reads instead of whole tables. Private to
// dynamodb/. Source: "Using time to live (TTL) in DynamoDB", Developer Guide.
#pragma once

#include <cstdint>
#include <optional>

#include "dynamodb/table/item_change.h"
#include "dynamodb/state/state.h"
#include "dynamodb/table/table.h"
#include "store/store.h"
#include "wire/item.h"

namespace brume::dynamodb {

/// When `item` expires, in seconds since 1970: its attribute if that is a number above 0. Fractions are cut off.
std::optional<std::uint64_t> expiry_of(const TimeToLive& settings, wire::ItemView item);

/// Brings the expiry record from that of the item before to that of the item after.
void update_expiry(store::Transaction& transaction, const TimeToLive& settings, const ItemChange& change);

/// Enters the items that were there before time to live was enabled. `table` is the revision that enabled it, and every
/// writer knows it. Goes on where it stopped before; false if the service stops or the table goes away first.
Task<bool> fill_expiry_index(State& state, cluster::Job& job, TablePtr table);

}  // namespace brume::dynamodb
