// Operations that ask about features that Brume does not have, answered truthfully: there is none, it is off. Infrastructure
// tools ask them of every table and would fail on an error.
#pragma once

#include "base/task.h"
#include "dynamodb/state/state.h"
#include "service/call.h"

namespace brume::dynamodb {

Task<service::Reply> describe_continuous_backups(State& state, service::Call& call);
Task<service::Reply> describe_contributor_insights(State& state, service::Call& call);
Task<service::Reply> describe_kinesis_streaming_destination(State& state, service::Call& call);
Task<service::Reply> get_resource_policy(State& state, service::Call& call);
Task<service::Reply> list_backups(State& state, service::Call& call);
Task<service::Reply> list_contributor_insights(State& state, service::Call& call);
Task<service::Reply> list_exports(State& state, service::Call& call);
Task<service::Reply> list_global_tables(State& state, service::Call& call);
Task<service::Reply> list_imports(State& state, service::Call& call);

}  // namespace brume::dynamodb
