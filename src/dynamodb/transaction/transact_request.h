// What TransactWriteItems and TransactGetItems ask for, read from their JSON. Private to dynamodb/.
//
// Order of checks, as AWS makes them (measured): JSON types of the whole request; the constraints of all its members
// together; then action by action, in their order, everything that can be said without a table.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "dynamodb/item/requested_projection.h"
#include "dynamodb/item/write.h"
#include "dynamodb/item/write_request.h"
#include "dynamodb/request/request.h"
#include "dynamodb/transaction/transact.h"

namespace brume::dynamodb {

struct TransactWriteRequest {
  struct Action {
    WriteKind kind = WriteKind::put;
    bool check_only = false;
    WriteRequest write;
  };
  std::deque<Action> actions;  ///< which stay where they are
  std::optional<ClientToken> token;
  ReturnCapacity return_capacity = ReturnCapacity::none;
  bool collection_metrics = false;
};

struct TransactGetRequest {
  struct Get {
    std::string table_name;
    std::string key;  ///< stored form
    RequestedProjection projection;
  };
  std::deque<Get> gets;
  ReturnCapacity return_capacity = ReturnCapacity::none;
};

// Errors: SerializationException, ValidationException.
void read_transact_write_items(std::string_view body, TransactWriteRequest& request);
void read_transact_get_items(std::string_view body, TransactGetRequest& request);

}  // namespace brume::dynamodb
