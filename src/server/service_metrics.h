// AWS's own metrics of DynamoDB, Lambda and API Gateway, with AWS's names and dimensions, from what calls, invokes and
// requests to deployed APIs tell of themselves.
#pragma once

#include "gateway/api_recorder.h"
#include "lambda/invoke_recorder.h"
#include "observe/series/series_recorder.h"
#include "service/recorder.h"

namespace brume::server {

/// Runs on the loops that the series' values are taken from. Takes nanoseconds and no lock.
class ServiceMetrics {
 public:
  explicit ServiceMetrics(observe::SeriesRecorder& series) : series_(series) {}

  /// AWS/DynamoDB: SuccessfulRequestLatency, ConsumedReadCapacityUnits, ConsumedWriteCapacityUnits, UserErrors,
  /// SystemErrors, ConditionalCheckFailedRequests. Calls of other services count nothing.
  void count(const service::CallRecord& record);
  /// AWS/Lambda: Invocations, Errors, Duration, Throttles, ConcurrentExecutions.
  void count(const lambda::InvokeRecord& record);
  /// AWS/ApiGateway: Count, 4XXError, 5XXError, Latency, IntegrationLatency.
  void count(const gateway::ApiAccess& access);

 private:
  void count_failed(const service::CallRecord& record);

  observe::SeriesRecorder& series_;
};

}  // namespace brume::server
