// The Lambda Runtime API 2018-06-01 for one environment: a loopback listener through which the runtime asks
// for its next invocation and posts what came of it.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/task.h"

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
  /// Listens on a free port of 127.0.0.1. `events` must outlive stop(). Errors: boost::system::system_error.
  RuntimeApi(LoopExecutor loop, RuntimeEvents& events);
  /// stop().
  ~RuntimeApi();
  RuntimeApi(const RuntimeApi&) = delete;
  RuntimeApi& operator=(const RuntimeApi&) = delete;

  std::uint16_t port() const;
  /// Takes connections from now on, those of `user`'s processes only. Those that came before wait.
  void accept(std::uint32_t user);
  /// Hands the invocation to the waiting runtime. The last runtime_ready() was not followed by a deliver().
  void deliver(const Invocation& invocation);
  /// Closes the listener and every connection; no event comes any more.
  void stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace brume::lambda
