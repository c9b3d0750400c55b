// The operations on tables and their tags, and those that tell about the service.
#pragma once

#include "base/task.h"
#include "dynamodb/state/state.h"
#include "service/call.h"

namespace brume::dynamodb {

/// AWS looks at the name of a new table before anything else, and reports it alone. Errors: ValidationException.
void check_create_table_name(const boost::json::object& input);
Task<service::Reply> create_table(State& state, service::Call& call);
Task<service::Reply> describe_table(State& state, service::Call& call);
Task<service::Reply> list_tables(State& state, service::Call& call);
Task<service::Reply> update_table(State& state, service::Call& call);
/// Returns once the table is DELETING; its items go away in the background (table_removal.h).
Task<service::Reply> delete_table(State& state, service::Call& call);

Task<service::Reply> tag_resource(State& state, service::Call& call);
Task<service::Reply> untag_resource(State& state, service::Call& call);
Task<service::Reply> list_tags_of_resource(State& state, service::Call& call);

Task<service::Reply> describe_limits(State& state, service::Call& call);
Task<service::Reply> describe_endpoints(State& state, service::Call& call);

}  // namespace brume::dynamodb
