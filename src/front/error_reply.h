// Errors in each protocol's shape.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "base/error.h"
#include "net/message/http_message.h"
#include "service/shape.h"

namespace brume::front {

/// An error on its way out: what AwsError carried, or what the front door found itself.
struct Failure {
  std::string code;
  std::string message;
  int status = 400;
  std::string_view type_namespace;  ///< of ErrorKind
  boost::json::object members;
  bool wire_members = false;  ///< members are in the protocol's form already (raw operations)
};

Failure failure_of(const AwsError& error);

/// The response for `failure` in the protocol of `model` (nullptr: no service was found; JSON then).
net::Response encode_failure(const service::ServiceModel* model, const Failure& failure, const std::string& request_id);

}  // namespace brume::front
