// Checks a decoded input against its shape: required members, lengths, ranges, patterns, enums.
// Source of the texts: what AWS's services answer ("2 validation errors detected: Value …").
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "service/shape.h"

namespace brume::service {

/// The problems of `input`, in AWS's order and words; empty if there is none. At most ten are told, as AWS does.
/// `prefix` stands before every path (API Gateway's "createRestApiInput").
std::vector<std::string> problems_of(const ServiceModel& model, const Shape& shape, const boost::json::object& input,
                                     const std::string& prefix = {});

/// "1 validation error detected: …", "2 validation errors detected: …; …"; nullopt for an empty list.
std::optional<std::string> validation_text(const std::vector<std::string>& problems);

/// Throws AwsError (ValidationException) if there is a problem.
void validate(const ServiceModel& model, const Shape& shape, const boost::json::object& input,
              const std::string& prefix = {});

}  // namespace brume::service
