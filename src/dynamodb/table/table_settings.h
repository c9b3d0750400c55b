// What CreateTable and UpdateTable have in common. Private to dynamodb/.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>

#include "base/random.h"
#include "dynamodb/request/request.h"
#include "dynamodb/table/table.h"

namespace brume::dynamodb {

/// Errors: UnsupportedOperationException for features that Brume does not have.
void refuse_what_is_missing(const boost::json::object& input);

/// Constraints of ProvisionedThroughput's shape; the units' model type allows more than AWS does.
void check_throughput_shape(const boost::json::object& input, Constraints& constraints);

/// "[KeySchemaElement(attributeName=pk, keyType=HASH), …]", as AWS prints the list in a constraint's message.
std::string shown_key_schema(const boost::json::array& key_schema);

/// DeletionProtectionEnabled and SSESpecification.
void read_settings(const boost::json::object& input, Table& table);

}  // namespace brume::dynamodb
