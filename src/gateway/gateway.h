// Amazon API Gateway, REST APIs: the control plane as a table of operations, the data plane as serve().
//
//   Gateway gateway(store, pool, functions, roles, client, clock, random, {.default_domain = "example.org"});
//   co_await gateway.open();
//   server.add(gateway.service());
//   if (auto address = address_of(request)) co_return co_await gateway.serve({*address, &request, id});
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/blocking_pool.h"
#include "base/clock.h"
#include "base/random.h"
#include "gateway/api_recorder.h"
#include "gateway/function_invoker.h"
#include "gateway/role_source.h"
#include "net/client/http_client.h"
#include "net/message/http_message.h"
#include "service/operation.h"
#include "store/store.h"

namespace brume::gateway {

/// Which deployed API a request is for.
struct ApiAddress {
  std::string api;     ///< as in the host or path; may name no API
  std::string stage;   ///< "" when the path is empty
  std::string path;    ///< what follows the stage, undecoded: "" or begins with '/'
  std::string domain;  ///< host name of the request without port when it names the API, else ""
};

/// The address in a request's host (`API.execute-api.ANYTHING`, path `/STAGE/…`) or path
/// (`/_aws/execute-api/API/STAGE/…`, `/restapis/API/STAGE/_user_request_/…`); nullopt when the request is
/// not for a deployed API. Pure; any thread.
std::optional<ApiAddress> address_of(const net::Request& request);

/// The gateway's answer to a request to a deployed API that is refused with `status` before its body is there: 408, 413,
/// 503, other failures of the client's or the server's.
net::Response refusal(int status);

/// One request to a deployed API.
struct ApiRequest {
  ApiAddress address;
  const net::Request* http = nullptr;  ///< must outlive the call of serve()
  std::string request_id;  ///< a UUID; drawn when empty
};

struct Options {
  std::string default_domain = "localhost";  ///< API.execute-api.REGION.DOMAIN, shown to functions reached by path
  std::size_t request_bytes_max = 10 * 1024 * 1024;
  std::size_t response_bytes_max = 10 * 1024 * 1024;
  std::size_t apis_max = 600;  ///< AWS quota: regional APIs per account and region
  std::size_t resources_max = 300;  ///< AWS quota: resources per API
  std::size_t stages_max = 10;  ///< AWS quota: stages per API
  ApiRecorder* recorder = nullptr;  ///< may be null; must outlive the gateway
};

/// Thread-safe: every function may be called from any loop. What is passed in must outlive the gateway.
class Gateway {
 public:
  Gateway(store::Store& store, BlockingPool& pool, FunctionInvoker& functions, RoleSource& roles,
          net::HttpClient& client, const Clock& clock, Random& random, Options options = {});
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  /// Loads and compiles every stage, so that the first request is as fast as the next. A stage whose records are damaged
  /// is logged and answers 500; the others serve. Errors: StoreError.
  Task<> open();

  /// The rows of gateway/operations.cpp, bound to this gateway.
  service::Service service();

  /// Answers one request to a deployed API as its stage says. Every failure is an HTTP response in AWS's
  /// form; throws nothing. Runs on the caller's loop.
  Task<net::Response> serve(ApiRequest request);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace brume::gateway
