#pragma once

#include "observe/logs/api.h"

namespace brume::observe {

/// The table of CloudWatch Logs' operations, bound to `api`.
service::Service make_logs_service(LogsApi& api);

}  // namespace brume::observe
