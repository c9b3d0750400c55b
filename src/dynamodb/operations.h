// The operations that DynamoDB has here.
#pragma once

#include "dynamodb/state/state.h"
#include "service/operation.h"

namespace brume::dynamodb {

/// The handlers refer to `state`, which outlives the service.
service::Service make_service(State& state);

}  // namespace brume::dynamodb
