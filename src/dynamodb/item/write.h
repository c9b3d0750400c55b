// One write of one item: what PutItem, UpdateItem and DeleteItem do inside a transaction, and what batches,
// transactions and PartiQL do with several. Private to dynamodb/.
#pragma once

#include <string>

#include "dynamodb/item/item_writer.h"
#include "dynamodb/item/write_request.h"
#include "dynamodb/table/table.h"

namespace brume::dynamodb {

enum class WriteKind : std::uint8_t { put, update, erase };

/// What a write found and did.
struct Written {
  bool passed = true;      ///< the condition; nothing was written if not
  std::string before;      ///< the old item, "" if there was none
  std::string after;       ///< the updated item; updates only
  ChangeEffect effect;
};

/// Store key of the item that `request` writes. Errors: ValidationException, with AWS's texts, for keys, key paths and
/// index keys that don't fit the table.
std::string check_write(const Table& table, WriteKind kind, const WriteRequest& request);

/// Evaluates the condition and, if it holds, writes. `key` is check_write()'s, its latch is held. Errors:
/// ValidationException for an update that cannot be done.
Written apply_write(store::Transaction& transaction, ItemWriter& writer, const Table& table, WriteKind kind,
                    const std::string& key, const WriteRequest& request);

[[noreturn]] void throw_condition_failed(const WriteRequest& request, const Written& result);

/// The item that ReturnValues asks for; empty if there is none.
std::string returned_attributes(const WriteRequest& request, const Written& result);

}  // namespace brume::dynamodb
