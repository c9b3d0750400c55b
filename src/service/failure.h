// A call that failed, whatever protocol it came by: what AwsError carried, or what was found before and around the
// handler. The protocol's shape is given to it in front/ alone.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "base/error.h"
#include "service/operation.h"

namespace brume::service {

struct Failure {
  std::string code;
  std::string message;
  int status = 400;
  std::string_view type_namespace = {};  ///< of ErrorKind
  boost::json::object members = {};
  bool wire_members = false;  ///< members are in the protocol's form already (raw operations)
};

bool is_dynamodb(const ServiceModel* model);

/// As thrown, with the name that the service has for what all services have.
Failure failure_of(const ServiceModel& model, const AwsError& error);
/// What is not the caller's fault and tells him nothing.
Failure internal_failure(const ServiceModel* model);
/// What clients of the service take for "try again", with what the operator needs to know.
Failure unavailable(const ServiceModel* model, const std::string& what);
/// An operation that AWS has and Brume has not.
Failure not_supported(const Entry& entry);
/// A body or payload that is longer than the operation takes. `text`: in the service's own words, "" for common ones.
Failure too_large(const std::string& text = {});

}  // namespace brume::service
