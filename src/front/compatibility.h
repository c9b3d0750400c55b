// docs/COMPATIBILITY.md, from the operation tables.
#pragma once

#include <deque>
#include <string>

#include "service/operation.h"

namespace brume::front {

/// Markdown: for each service, every operation of AWS's model as supported, partly, or not.
std::string compatibility_page(const std::deque<service::Service>& services);

}  // namespace brume::front
