// What the front door tells of each call: metrics for all, audit records for those that manage. server/
// connects it to observe/.
#pragma once

#include <chrono>
#include <string_view>

#include "base/task.h"
#include "service/call.h"
#include "service/operation.h"

namespace brume::front {

/// One answered call. Views are valid during the call of count().
struct CallRecord {
  const service::ServiceModel* model = nullptr;
  std::string_view operation = {};
  int status = 200;
  std::string_view error_code = {};
  std::chrono::nanoseconds duration{};
  std::size_t request_bytes = 0;
  std::size_t response_bytes = 0;
};

class Recorder {
 public:
  virtual ~Recorder() = default;
  /// On every call's path: takes nanoseconds, blocks nobody.
  virtual void count(const CallRecord& record) = 0;
  /// Awaited before the reply of a managing operation: who saw success must find the record.
  virtual Task<> audit(const service::Call& call, const service::ServiceModel& model, int status,
                       std::string_view error_code, std::string_view error_message) = 0;
};

}  // namespace brume::front
