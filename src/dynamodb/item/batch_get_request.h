// What BatchGetItem asks for, read from its JSON. Private to dynamodb/.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "dynamodb/item/requested_projection.h"
#include "dynamodb/request/request.h"
#include "dynamodb/table/table.h"

namespace brume::dynamodb {

inline constexpr std::size_t kMaxBatchReads = 100;

/// What is asked of one table.
struct TableReads {
  std::string name;  ///< as the request has it
  bool consistent = false;
  RequestedProjection projection;
  std::vector<std::string> key_items;  ///< stored form
};

struct BatchGetRequest {
  std::deque<TableReads> tables;  ///< which stay where they are
  ReturnCapacity return_capacity = ReturnCapacity::none;
};

/// With all checks that need no table. Errors: SerializationException, ValidationException.
void read_batch_get(std::string_view body, BatchGetRequest& request);

/// The entries of RequestItems of the same body again, with the keys that are `left`: their numbers, by table.
std::string unprocessed_keys(std::string_view body, const std::vector<std::vector<std::size_t>>& left);

}  // namespace brume::dynamodb
