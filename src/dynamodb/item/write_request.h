// What PutItem, UpdateItem and DeleteItem ask for, read from their JSON. Private to dynamodb/.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dynamodb/expression/condition.h"
#include "dynamodb/expression/context.h"
#include "dynamodb/expression/update.h"
#include "dynamodb/legacy/legacy.h"
#include "dynamodb/request/request.h"
#include "dynamodb/table/table.h"

namespace brume::dynamodb {

/// Owns everything it refers to; stays where it is, because the expressions refer to it.
struct WriteRequest {
  WriteRequest() = default;
  WriteRequest(const WriteRequest&) = delete;
  WriteRequest& operator=(const WriteRequest&) = delete;

  std::string table_name;
  ReturnValues return_values = ReturnValues::none;
  ReturnCapacity return_capacity = ReturnCapacity::none;
  bool item_on_failure = false;
  bool collection_metrics = false;  ///< wanted in the reply
  bool enveloped = false;  ///< read_…_item() sets it: how errors are told (request/envelope.h)
  bool charges_statement = false;   ///< the update is limited by UpdateExpression::charge() too: UpdateItem's alone
  std::string item;  ///< stored form: the item (PutItem) or its key
  std::optional<ConditionExpression> condition;
  std::optional<UpdateExpression> update;

  ExpressionContext context;
  std::string condition_text;
  std::string update_text;
  LegacyValues legacy;
};

// Fill `request` with all checks that need no table. Errors: SerializationException, ValidationException.
void read_put_item(std::string_view body, WriteRequest& request);
void read_update_item(std::string_view body, WriteRequest& request);
void read_delete_item(std::string_view body, WriteRequest& request);

// The same for a structure inside a request, after its constraints: the meaning of Item, Key, conditions, update and
// expression parameters. Errors: as above.
void read_put(const Request& json, WriteRequest& request);
void read_update(const Request& json, WriteRequest& request);
void read_delete(const Request& json, WriteRequest& request);

/// Key attributes, also of indexes, have no parts. Errors: "Key attributes must be scalars; list random access '[]' and map
/// lookup '.' are not allowed: Key: id", "…: IndexKey: id".
void check_key_path(const Table& table, PathView path);

}  // namespace brume::dynamodb
