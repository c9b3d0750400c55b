// UpdateTimeToLive and DescribeTimeToLive.
// Source: "Using time to live (TTL) in DynamoDB", Developer Guide; the operations' pages of the API reference.
#pragma once

#include "base/task.h"
#include "dynamodb/state/state.h"
#include "service/call.h"

namespace brume::dynamodb {

/// Answers once the setting is durable; the work behind it (entering the items that are there into the expiry index, or
/// taking them out) goes on in the background, and ENABLING or DISABLING is shown until it is done.
Task<service::Reply> update_time_to_live(State& state, service::Call& call);
Task<service::Reply> describe_time_to_live(State& state, service::Call& call);

/// Goes on with the work behind a change of the setting. For DynamoDb::open, for tables whose setting says so.
void finish_time_to_live_change(State& state, TablePtr table);

}  // namespace brume::dynamodb
