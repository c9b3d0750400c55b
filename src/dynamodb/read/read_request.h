// What Query and Scan ask for, read from their JSON. Private to dynamodb/.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dynamodb/expression/condition.h"
#include "dynamodb/expression/context.h"
#include "dynamodb/expression/key_condition.h"
#include "dynamodb/expression/projection.h"
#include "dynamodb/legacy/legacy.h"
#include "dynamodb/read/page.h"
#include "dynamodb/read/read_target.h"
#include "dynamodb/request/request.h"
#include "dynamodb/table/table.h"
#include "service/call.h"

namespace brume::dynamodb {

/// Owns everything it refers to; stays where it is, because the expressions refer to it.
struct ReadRequest {
  ReadRequest() = default;
  ReadRequest(const ReadRequest&) = delete;
  ReadRequest& operator=(const ReadRequest&) = delete;

  std::string table_name;
  std::optional<std::string> index_name;
  Select select = Select::unset;
  ReturnCapacity return_capacity = ReturnCapacity::none;
  bool consistent = false;
  bool forward = true;
  std::uint64_t limit = 0;                    ///< 0: none
  std::optional<std::uint32_t> segment, total_segments;
  std::optional<std::string> start_key;       ///< ExclusiveStartKey in stored form
  std::optional<KeyConditionExpression> key_condition;
  std::vector<LegacyKeyCondition> legacy_key_conditions;
  std::optional<ConditionExpression> filter;
  bool legacy_filter = false;                 ///< the filter came as QueryFilter or ScanFilter
  std::optional<ProjectionExpression> projection;

  ExpressionContext context;
  std::string key_condition_text, filter_text, projection_text;
  LegacyValues legacy;
};

// Fill `request` with all checks that need no table. Errors: SerializationException, ValidationException.
void read_query(std::string_view body, ReadRequest& request);
void read_scan(std::string_view body, ReadRequest& request);

/// The table or index that the request names. The result refers to `table`. Errors: ValidationException for an index
/// that does not exist or cannot be read in this way.
ReadTarget find_target(const ReadRequest& request, const Table& table, WallTime now);

// Further checks against the target; Query and Scan make them in different orders. Errors: ValidationException.

/// A global index must hold all that is asked for; for a local one it is fetched.
void check_projected(const ReadRequest& request, const ReadTarget& target);
/// A Query's filter can only look at what the index holds. To a Scan's, the rest is absent.
void check_filter_projected(const ReadRequest& request, const ReadTarget& target);
/// Key attributes, also of indexes, have no parts.
void check_projection_paths(const ReadRequest& request, const ReadTarget& target);
void check_filter_paths(const ReadRequest& request, const ReadTarget& target);

/// The page request that both fill in further.
PageRequest page_request(const ReadRequest& request, const ReadTarget& target);

/// The page as the operation's answer; `call` is told what it took.
service::Reply page_reply(service::Call& call, const ReadRequest& request, const ReadTarget& target, Page page);

}  // namespace brume::dynamodb
