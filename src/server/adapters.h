// Where one service needs another: each class stands for an interface that the one declares, and passes
// the call on to the other.
#pragma once

#include "base/clock.h"
#include "front/credential_store.h"
#include "front/front.h"
#include "gateway/api_recorder.h"
#include "gateway/function_invoker.h"
#include "gateway/role_source.h"
#include "iam/iam.h"
#include "lambda/lambda.h"
#include "observe/observe.h"
#include "server/service_metrics.h"
#include "service/dispatcher.h"

namespace brume::server {

/// front → iam: the secret behind an access key.
class IamCredentials final : public front::CredentialStore {
 public:
  explicit IamCredentials(iam::Iam& iam) : iam_(iam) {}
  Task<std::optional<front::Credential>> find(std::string access_key_id) override;

 private:
  iam::Iam& iam_;
};

/// dispatcher → observe: metrics and audit records of API calls.
class CallRecorder final : public service::Recorder {
 public:
  CallRecorder(observe::Observe& observe, ServiceMetrics& metrics, const Clock& clock)
      : observe_(observe), metrics_(metrics), clock_(clock) {}
  void count(const service::CallRecord& record) override;
  void count_bytes(const service::ServiceModel* model, std::string_view operation, std::size_t request,
                   std::size_t response) override;
  Task<> audit(const service::Call& call, const service::ServiceModel& model, int status, std::string_view error_code,
               std::string_view error_message) override;

 private:
  observe::Observe& observe_;
  ServiceMetrics& metrics_;
  const Clock& clock_;
};

/// gateway → observe: metrics of requests to deployed APIs.
class ApiCounter final : public gateway::ApiRecorder {
 public:
  ApiCounter(observe::Observe& observe, ServiceMetrics& metrics) : observe_(observe), metrics_(metrics) {}
  void count(const gateway::ApiAccess& access) override;

 private:
  observe::Observe& observe_;
  ServiceMetrics& metrics_;
};

/// lambda → observe: metrics of functions.
class InvokeCounter final : public lambda::InvokeRecorder {
 public:
  explicit InvokeCounter(ServiceMetrics& metrics) : metrics_(metrics) {}
  void count(const lambda::InvokeRecord& record) override { metrics_.count(record); }

 private:
  ServiceMetrics& metrics_;
};

/// lambda → iam: temporary credentials of a function's role.
class IamRoles final : public lambda::RoleSource {
 public:
  explicit IamRoles(iam::Iam& iam) : iam_(iam) {}
  Task<std::variant<lambda::RoleCredentials, lambda::RoleRefusal>> assume(std::string role_arn, std::string account,
                                                                          std::string session_name) override;

 private:
  iam::Iam& iam_;
};

/// gateway → iam: roles in integrations' credentials.
class ApiRoles final : public gateway::RoleSource {
 public:
  explicit ApiRoles(iam::Iam& iam) : iam_(iam) {}
  Task<std::optional<std::string>> session(std::string role_arn, std::string account) override;

 private:
  iam::Iam& iam_;
};

/// lambda → observe: what functions print goes to CloudWatch Logs.
class FunctionLogs final : public lambda::LogSink {
 public:
  explicit FunctionLogs(observe::Observe& observe) : observe_(observe) {}
  void append(const lambda::FunctionSpec& function, std::string_view log_stream,
              std::span<const lambda::LogLine> lines) override;

 private:
  observe::Observe& observe_;
};

/// gateway → dispatcher → lambda: a proxy integration's invoke. Fails until the dispatcher has its services.
class LambdaInvoker final : public gateway::FunctionInvoker {
 public:
  explicit LambdaInvoker(service::Dispatcher& dispatcher) : dispatcher_(dispatcher) {}
  Task<gateway::FunctionResult> invoke(gateway::FunctionCall call) override;

 private:
  service::Dispatcher& dispatcher_;
};

}  // namespace brume::server
