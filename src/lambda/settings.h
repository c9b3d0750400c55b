// The configuration members that CreateFunction and UpdateFunctionConfiguration share.
#pragma once

#include <boost/json/object.hpp>

#include "lambda/function_record.h"

namespace brume::lambda {

/// Takes over what `input` (validated by the service model) sets; what is absent stays.
/// Errors: InvalidParameterValueException and ValidationException with AWS's texts; UnsupportedOperationException for a member that
/// would need a feature that is not there.
void apply_settings(FunctionRecord& record, const boost::json::object& input);

/// Errors: InvalidParameterValueException when the tag kNetworkTag names no network, or a wider one than `most`.
void require_network_tag(const FunctionRecord& record, FunctionNetwork most);

/// CreateFunction's and UpdateFunctionConfiguration's check of Runtime, which goes before the model's enumeration and in
/// other words, but after every other check of the model of `operation`. Errors: AwsError.
void check_runtime(std::string_view operation, const boost::json::object& input);

/// Errors: InvalidParameterValueException when there get to be too many.
void add_tags(FunctionRecord& record, const boost::json::object& tags);

}  // namespace brume::lambda
