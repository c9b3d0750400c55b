// One request to a deployed API on its way through the pipeline.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "gateway/pipeline/compiled_stage.h"
#include "net/message/http_message.h"

namespace brume::gateway {

/// Lives in the frame of serve(); everything it points to outlives it.
struct Exchange {
  const CompiledStage& stage;
  const net::Request& http;
  const Route* route = nullptr;
  std::vector<std::pair<std::string_view, std::string_view>> path_parameters;  ///< as sent
  net::Parameters query;       ///< decoded, in order
  std::string path;            ///< below the stage: "/pets/1"; several slashes in front are one
  std::string full_path;       ///< with the stage, as sent: "/prod/pets/1"
  std::string request_id;      ///< x-amzn-RequestId
  std::string extended_id;     ///< x-amz-apigw-id
  std::string trace_id;        ///< X-Amzn-Trace-Id
  std::string domain_name;
  std::string domain_prefix;
  WallTime received;
};

/// A header of the request as it goes on to an integration.
struct ForwardedHeader {
  std::string_view name;
  std::string_view value;
};

/// The headers that reach an integration: what the gateway consumes itself is gone (Connection, TE, Expect,
/// Content-Length …), Authorization, Host and User-Agent are spelt so, X-Forwarded-For/-Port/-Proto and
/// X-Amzn-Trace-Id are set.
class ForwardedHeaders {
 public:
  explicit ForwardedHeaders(const Exchange& exchange);
  ForwardedHeaders(const ForwardedHeaders&) = delete;
  ForwardedHeaders& operator=(const ForwardedHeaders&) = delete;

  const std::vector<ForwardedHeader>& all() const { return headers_; }

 private:
  std::string forwarded_for_;
  std::string port_;
  std::vector<ForwardedHeader> headers_;  // point into the request and into this object
};

/// The value of `source` in this request; "" when it has none.
std::string value_of(const ParameterSource& source, const Exchange& exchange);

/// "09/Apr/2015:12:34:56 +0000"
std::string request_time(WallTime time);

/// Root=1-SECONDS-24HEX; the caller's root is kept if it sent one.
std::string trace_id_of(const net::Request& request, WallTime now, std::string_view random_hex);

}  // namespace brume::gateway
