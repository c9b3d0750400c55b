// The Lambda Runtime API 2018-06-01 for one environment: a listener through which the runtime asks for its next
// invocation and posts what came of it. Who can connect is the listener's affair: it stands in the environment's own
// network namespace.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/task.h"
#include "base/unique_fd.h"

namespace brume::lambda {

/// What the runtime gets from GET /runtime/invocation/next.
struct Invocation {
  std::string request_id;
  std::string payload;
  std::string invoked_arn;
  std::string trace_id;
  std::string client_context;    ///< empty: no header
  std::string cognito_identity;  ///< empty: no header
  WallTime deadline;
};

/// What the runtime tells us. Called on the environment's loop.
class RuntimeEvents {
 public:
  virtual ~RuntimeEvents() = default;
  virtual void runtime_ready() = 0;                      ///< it asked for its next invocation and waits
  virtual void runtime_responded(std::string payload) = 0;
  virtual void runtime_response_too_large(std::size_t bytes) = 0;
  virtual void runtime_failed(std::string error_type, std::string payload) = 0;
  virtual void runtime_init_failed(std::string error_type, std::string payload) = 0;
};

class RuntimeApi {
 public:
  /// Takes connections from now on; those that came before wait. `listener` is a TCP socket that listens. `events` must
  /// outlive stop(). A function may send what it likes: all its connections together keep at most 7 MiB of what it sent,
  /// and there are at most eight. The head of a request comes within `head_time` of its first byte. Errors: boost::system::system_error.
  RuntimeApi(LoopExecutor loop, RuntimeEvents& events, UniqueFd listener,
             std::chrono::milliseconds head_time = std::chrono::seconds(10));
  /// stop().
  ~RuntimeApi();
  RuntimeApi(const RuntimeApi&) = delete;
  RuntimeApi& operator=(const RuntimeApi&) = delete;

  /// Hands the invocation to the waiting runtime. The last runtime_ready() was not followed by a deliver().
  void deliver(const Invocation& invocation);
  /// Closes the listener and every connection; no event comes any more.
  void stop();
  /// stop(), with the listener left open and handed out: what connects from now on waits. Once, before stop().
  UniqueFd release_listener();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace brume::lambda
