// AWS Lambda: functions as durable records, invoked in sandboxed execution environments.
//
//   Lambda lambda(store, pool, loops, clock, random, logs, roles, {.code_folder = …, .runtimes_folder = …});
//   co_await lambda.open();
//   front.add(lambda.service());
//   …
//   co_await lambda.close();
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/blocking_pool.h"
#include "base/clock.h"
#include "base/loops.h"
#include "base/random.h"
#include "lambda/async_queue.h"
#include "lambda/environment/environment.h"
#include "lambda/environment/invocation.h"
#include "lambda/environment/pool.h"
#include "lambda/function_name.h"
#include "lambda/invoke_recorder.h"
#include "lambda/log_sink.h"
#include "lambda/role_source.h"
#include "lambda/sandbox/network.h"
#include "service/operation.h"
#include "store/store.h"

namespace brume::lambda {

struct Options {
  std::string code_folder;      ///< for function packages; created if absent
  std::string runtimes_folder;  ///< empty: beside the executable
  bool any_runtime_version = true;  ///< see Runtimes::find
  std::string endpoint_url;     ///< AWS_ENDPOINT_URL of functions, e.g. "http://127.0.0.1:4566"
  NetworkOptions network;       ///< how far functions' connections go
  bool require_isolation = false;  ///< open() fails where sandboxes are not isolated from this host and each other
  AdoptEndpoint adopt_endpoint;  ///< takes the sockets that listen for the endpoint inside sandboxes
  std::uint32_t concurrency_max = 1000;
  std::uint64_t memory_max_mb = 0;  ///< MemorySize of all environments together; 0: any
  std::chrono::milliseconds async_retry_delay{60'000};  ///< of an asynchronous invoke that ended in an error
  std::chrono::seconds idle_max{600};
  /// How long a new function shows Pending and a changed one InProgress. Absent: 20 ms, and who asks for the function
  /// is answered when they are over, so that no waiter sleeps for them.
  std::optional<std::chrono::milliseconds> change_delay;
  std::chrono::seconds environment_age_max{6 * 3600};  ///< half of what role credentials last
  InvokeRecorder* recorder = nullptr;  ///< none: invokes are not counted
};

/// What there is of it, for the server's metrics.
struct LambdaCounts {
  PoolCounts environments;  ///< none before the host was looked at
  std::size_t prepared = 0;  ///< sandboxes made ahead that nobody has taken
  std::uint64_t memory_max_mb = 0;  ///< see Options
  AsyncQueueCounts async;
};

/// Thread-safe. What is passed in must outlive it.
class Lambda {
 public:
  Lambda(store::Store& store, BlockingPool& pool, Loops& loops, const Clock& clock, Random& random, LogSink& logs,
         RoleSource& roles, Options options);
  ~Lambda();
  Lambda(const Lambda&) = delete;
  Lambda& operator=(const Lambda&) = delete;

  /// Loads the functions, looks for interpreters in the background, resumes queued invokes. Errors: std::runtime_error
  /// by Options::require_isolation.
  Task<> open();
  /// The rows of lambda/operations.cpp, bound to this object.
  service::Service service();

  /// The package file behind a Code.Location of GetFunction (valid for ten minutes), or nullopt.
  std::optional<std::string> package_of_token(const std::string& token);

  /// Walks over the environments there are. Not before open(), nor after close() began.
  LambdaCounts counts() const;

  /// Why the functions that there are cannot run on this host; "" if they can, there is none, or it is not known yet.
  std::string trouble() const;

  /// Ends uploads, invokes and every environment and stops the queue; queued invokes, also those under way, stay in the
  /// store. Call it a second time once no call is under way: it then returns when nothing works in the background.
  Task<> close();

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace brume::lambda
