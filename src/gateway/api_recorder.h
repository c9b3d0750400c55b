// Where the gateway reports each request to a deployed API: metrics Count, 4XXError, 5XXError, Latency
// and IntegrationLatency of namespace AWS/ApiGateway derive from it.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace brume::gateway {

/// One finished request. Views are valid during the call only.
struct ApiAccess {
  std::string_view account;
  std::string_view region;
  std::string_view api;            ///< id, e.g. "a1b2c3d4e5"
  std::string_view api_name;       ///< metric dimension ApiName
  std::string_view stage;
  std::string_view resource_path;  ///< e.g. "/pets/{id}"; "" when no route matched
  std::string_view method;
  int status = 0;
  std::chrono::microseconds latency{};
  std::optional<std::chrono::microseconds> integration_latency;  ///< none when no integration was called
};

class ApiRecorder {
 public:
  virtual ~ApiRecorder() = default;
  /// Called on the request's loop, once a request, before its response leaves: must not block or throw.
  virtual void count(const ApiAccess& access) = 0;
};

}  // namespace brume::gateway
