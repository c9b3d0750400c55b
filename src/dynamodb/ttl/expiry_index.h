// The items that expire, in the order of their expiry: what the sweeper reads instead of whole tables. Private to
// dynamodb/. Source: "Using time to live (TTL) in DynamoDB", Developer Guide.
#pragma once

#include <cstdint>
#include <optional>

#include "dynamodb/item/item_writer.h"
#include "dynamodb/table/table.h"
#include "store/store.h"
#include "wire/item.h"

namespace brume::dynamodb {

/// When `item` expires, in seconds since 1970: its attribute if that is a number above 0. Fractions are cut off.
std::optional<std::uint64_t> expiry_of(const TimeToLive& settings, wire::ItemView item);

/// Brings the expiry record from that of the item before to that of the item after.
void update_expiry(store::Transaction& transaction, const TimeToLive& settings, const ItemChange& change);

}  // namespace brume::dynamodb
