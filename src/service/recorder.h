// What is told of each call: metrics of all, audit records of those that manage. server/ connects it to observe/.
#pragma once

#include <chrono>
#include <span>
#include <string_view>

#include "base/task.h"
#include "service/call.h"
#include "service/operation.h"

namespace brume::service {

/// One call that came to its end. Views are valid during the call of count().
struct CallRecord {
  const ServiceModel* model = nullptr;
  std::string_view operation = {};
  int status = 200;
  std::string_view error_code = {};
  std::chrono::nanoseconds duration{};
  const Entry* entry = nullptr;  ///< null: what was asked for is no operation
  const Call* call = nullptr;    ///< null: refused before anybody knew what it was
  std::span<const Usage> usage = {};
};

class Recorder {
 public:
  virtual ~Recorder() = default;
  /// On every call's path: takes nanoseconds, blocks nobody.
  virtual void count(const CallRecord& record) = 0;
  /// The bytes of the bodies, of calls that came over the network.
  virtual void count_bytes(const ServiceModel* model, std::string_view operation, std::size_t request,
                           std::size_t response) = 0;
  /// Awaited before the reply of a managing operation: who saw success must find the record.
  virtual Task<> audit(const Call& call, const ServiceModel& model, int status, std::string_view error_code,
                       std::string_view error_message) = 0;
};

}  // namespace brume::service
