// Records of DynamoDB Streams as they lie in the store. Private to dynamodb/.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "dynamodb/item/item_writer.h"
#include "dynamodb/table/table.h"
#include "store/store.h"

namespace brume::dynamodb {

/// Writes the record of `change` in the transaction that makes it; `number` counts the records of the transaction.
void put_stream_record(store::Transaction& transaction, const Table& table, const Stream& stream,
                       const ItemChange& change, std::uint16_t number, WallTime now);

}  // namespace brume::dynamodb
