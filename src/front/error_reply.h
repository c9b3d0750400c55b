// Errors in each protocol's shape.
#pragma once

#include <string>

#include "net/message/http_message.h"
#include "service/failure.h"
#include "service/shape.h"

namespace brume::front {

using service::Failure;

/// The response for `failure` in the protocol of `model` (nullptr: no service was found; JSON then).
net::Response encode_failure(const service::ServiceModel* model, const Failure& failure, const std::string& request_id);

}  // namespace brume::front
