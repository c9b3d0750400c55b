#pragma once

#include "lambda/lambda.h"

namespace brume::lambda {

/// The table of Lambda's operations, bound to `impl`.
service::Service make_service(Lambda::Impl& impl);

}  // namespace brume::lambda
