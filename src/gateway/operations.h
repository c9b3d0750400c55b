// The operation table of API Gateway.
#pragma once

#include <vector>

#include "service/operation.h"

namespace brume::gateway {

class RestControl;

/// One row for each supported operation, bound to `control`, which must outlive the rows.
std::vector<service::Operation> operations(RestControl& control);

}  // namespace brume::gateway
