// Metrics of functions: their environments, and the queue of asynchronous invokes.
#pragma once

#include "lambda/lambda.h"
#include "observe/metrics.h"

namespace brume::server {

/// Adds them; `lambda` must live as long as `metrics` are rendered.
void show_functions(observe::Metrics& metrics, const lambda::Lambda& lambda);

}  // namespace brume::server
