// The operations of Amazon DynamoDB Streams, a service of its own beside DynamoDB.
// Source: Amazon DynamoDB Streams API Reference; dynamodbstreams/2012-08-10/service-2.json of botocore.
#pragma once

#include "base/task.h"
#include "dynamodb/state/state.h"
#include "service/call.h"
#include "service/operation.h"

namespace brume::dynamodb {

Task<service::Reply> list_streams(State& state, service::Call& call);
Task<service::Reply> describe_stream(State& state, service::Call& call);
Task<service::Reply> get_shard_iterator(State& state, service::Call& call);
Task<service::Reply> get_records(State& state, service::Call& call);

/// The handlers refer to `state`, which outlives the service.
service::Service make_streams_service(State& state);

}  // namespace brume::dynamodb
