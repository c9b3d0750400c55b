// Which environment serves an invoke: idle ones are reused (last used first), new ones start up to the
// concurrency bound, what nobody used for a while ends.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/blocking_pool.h"
#include "base/clock.h"
#include "base/loops.h"
#include "base/random.h"
#include "base/task.h"
#include "lambda/environment/environment.h"
#include "lambda/environment/function_spec.h"
#include "lambda/environment/invocation.h"
#include "lambda/environment/runtimes.h"
#include "lambda/log_sink.h"
#include "lambda/sandbox/sandbox.h"

namespace brume::lambda {

struct PoolOptions {
  std::uint32_t concurrency_max = 1000;  ///< invokes at once, all functions together (AWS: 1000 per account and region)
  std::uint32_t starts_max = 0;  ///< environments in INIT at once; 0: twice the cores. More wait their turn.
  /// Sum of MemorySize of all environments there are, also of starting and ending ones; 0: any. For a start that would
  /// exceed it the longest unused idle ones end first; then its invoke waits, at most `memory_wait`, and is throttled.
  std::uint64_t memory_max_mb = 0;
  std::chrono::milliseconds memory_wait{2'000};
  std::chrono::seconds idle_max{600};  ///< an idle environment ends after this
  /// An environment takes no invoke after this, nor when its credentials would not outlast it.
  std::chrono::seconds age_max{6 * 3600};
  std::chrono::milliseconds init_timeout{10'000};
  std::string endpoint_url = {};  ///< AWS_ENDPOINT_URL of the functions: where Brume listens, "" leaves it out
  /// Where a sandbox has a socket that listens for Brume's endpoint (NetworkOptions), this takes it.
  AdoptEndpoint adopt_endpoint = {};
  /// Credentials for a new environment; called on any loop, must not block. Empty function: none are set.
  std::function<Credentials(const FunctionSpec&)> credentials = {};
};

struct PoolCounts {
  std::uint32_t idle = 0, busy = 0, starting = 0, waiting = 0;
  std::uint64_t memory_mb = 0;  ///< of PoolOptions::memory_max_mb; of all functions
  std::uint64_t evicted = 0;  ///< idle ones ended to make room, since the start; of all functions
  std::uint64_t refused = 0;  ///< invokes for which there was no memory, since the start; of all functions
};

class EnvironmentPool {
 public:
  /// Everything referred to must outlive the pool; `runtimes` and `host` were found at start.
  EnvironmentPool(Loops& loops, BlockingPool& blocking, const Clock& clock, Random& random, LogSink& logs,
                  const Runtimes& runtimes, SandboxHost& host, PoolOptions options = {});
  /// close() must have finished.
  ~EnvironmentPool();
  EnvironmentPool(const EnvironmentPool&) = delete;
  EnvironmentPool& operator=(const EnvironmentPool&) = delete;

  /// Runs one invoke and returns its outcome on the caller's loop, whichever loop that is. Ends at the
  /// latest after init time-out, waiting for a start and the function's own timeout. Nothing is retried.
  /// Throws nothing. The invoke goes on when the caller is cancelled.
  Task<InvokeResult> invoke(std::shared_ptr<const FunctionSpec> function, InvokeRequest request);

  /// Ends the idle environments of (arn, version), of every version when `version` is empty, and the busy
  /// ones after their invoke: on update and delete. Thread-safe; returns before they have ended.
  void retire(const std::string& arn, const std::string& version = {});
  /// As retire, and returns when no process of those environments is left, so that their code folder
  /// may be removed. Busy ones are waited for (at most their timeout).
  Task<> retire_and_wait(std::string arn, std::string version = {});

  /// Refuses new invokes, ends every environment (SIGTERM, SIGKILL after `grace`) and returns when none is left.
  Task<> close(std::chrono::milliseconds grace = std::chrono::milliseconds(500));

  PoolCounts counts() const;  ///< thread-safe
  PoolCounts counts(const std::string& arn) const;  ///< of one function

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace brume::lambda
