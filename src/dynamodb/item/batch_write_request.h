// What BatchWriteItem asks for, read from its JSON. Private to dynamodb/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dynamodb/request/request.h"

namespace brume::dynamodb {

inline constexpr std::size_t kMaxBatchWrites = 25;

/// A PutRequest or DeleteRequest.
struct BatchedWrite {
  std::size_t table = 0;  ///< index in BatchWriteRequest::tables
  bool is_put = true;
  std::string item;       ///< stored form: the item or its key
};

struct BatchWriteRequest {
  std::vector<std::string> tables;  ///< names
  std::vector<BatchedWrite> writes;
  ReturnCapacity return_capacity = ReturnCapacity::none;
  bool collection_metrics = false;
};

/// With all checks that need no table. Errors: SerializationException, ValidationException.
void read_batch_write(std::string_view body, BatchWriteRequest& request);

/// UnprocessedItems' members: the requests of `body` whose place among BatchWriteRequest::writes `left` marks, as sent.
std::string unprocessed_writes(std::string_view body, const std::vector<bool>& left);

}  // namespace brume::dynamodb
