// One execution environment: a sandboxed process that runs one function, one invoke at a time.
//
//   start() → INIT → IDLE → invoke() → BUSY → (answer) → FINISHING → (the runtime asks for its next) → IDLE …
//   BUSY → (time is up) → STOPPING → (all its processes have ended) → STOPPED: the sandbox stands, and what is in /tmp
//   stays; the next invoke() starts the runtime again. STOPPED, too, when the runtime ends by itself after INIT.
//   DEAD at any time: end() was called, the sandbox ended, a process was killed (for its memory, say), or the runtime
//   could not be started again.
//
// Everything happens on the loop it was made on.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/blocking_pool.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/task.h"
#include "base/unique_fd.h"
#include "lambda/environment/function_spec.h"
#include "lambda/environment/invocation.h"
#include "lambda/environment/log_stream.h"
#include "lambda/environment/runtimes.h"
#include "lambda/runtime_api/runtime_api.h"
#include "lambda/sandbox/sandbox.h"

namespace brume::lambda {

class Environment;

/// Whom an environment tells about itself; called on the environment's loop.
class EnvironmentOwner {
 public:
  virtual ~EnvironmentOwner() = default;
  /// It can take an invoke now: the runtime asked for its next invocation, or has ended and will be started again.
  virtual void environment_idle(std::shared_ptr<Environment> environment) = 0;
  /// It takes no more invokes; its processes are ending or gone. Once.
  virtual void environment_dead(std::shared_ptr<Environment> environment) = 0;
  /// Its processes and its cgroups are gone. Once, last; also when start() never got that far.
  virtual void environment_gone(Environment& environment) = 0;
};

/// What environments need of the server; outlives them.
struct EnvironmentServices {
  BlockingPool& blocking;
  const Clock& clock;
  Random& random;
  LogSink& logs;
  const Runtimes& runtimes;
  SandboxHost& host;
  EnvironmentOwner& owner;
};

/// Lets Brume's endpoint take the connections of a socket that listens in a sandbox, until the last copy of what is
/// returned goes. Thread-safe.
using AdoptEndpoint = std::function<std::shared_ptr<void>(UniqueFd listener)>;

struct EnvironmentSettings {
  std::string endpoint_url;
  Credentials credentials;
  AdoptEndpoint adopt_endpoint = {};
};

/// Why INIT failed.
struct InitFailure {
  enum class Kind : std::uint8_t {
    host,  ///< no sandbox, no interpreter: `text` says why
    timed_out,  ///< the limit given to start() passed
    exited,  ///< `text`: "exit status 1"
    entrypoint,  ///< the command can't be run; `text` says why
    reported,  ///< by the runtime: `payload` is its error object
  } kind;
  std::string text;
  std::string error_type;
  std::string payload;
};

class Environment final : public RuntimeEvents, public std::enable_shared_from_this<Environment> {
 public:
  /// On `loop`'s thread.
  static std::shared_ptr<Environment> make(LoopExecutor loop, EnvironmentServices services,
                                           std::shared_ptr<const FunctionSpec> function, EnvironmentSettings settings);
  ~Environment() override;

  /// Starts the sandbox and waits until the runtime asks for work; at most `limit`. Returns the failure if
  /// there is one; the environment is dead then. A runtime that is started again later has as long. Throws nothing.
  Task<std::optional<InitFailure>> start(std::chrono::milliseconds limit);

  /// Runs one invoke; the environment is idle. Throws nothing.
  Task<InvokeAnswer> invoke(InvokeRequest request);

  /// Logs and answers an invoke that never came to run because INIT failed so. Also when dead.
  InvokeAnswer answer_failed_init(const InvokeRequest& request, const InitFailure& failure);

  /// Ends it: SIGTERM, then SIGKILL after `grace`. A running invoke is answered as if its process had died.
  void end(std::chrono::milliseconds grace);

  const std::shared_ptr<const FunctionSpec>& function() const { return function_; }
  LoopExecutor loop() const { return loop_; }
  const std::string& log_stream() const { return log_->name(); }
  bool alive() const { return state_ != State::dead; }  ///< on its loop
  /// When it last became idle. Read by its owner under the owner's lock, written before environment_idle().
  SteadyTime idle_since() const { return idle_since_; }
  int pid() const { return sandbox_ ? sandbox_->pid() : -1; }

  void runtime_ready() override;
  void runtime_responded(std::string payload) override;
  void runtime_response_too_large(std::size_t bytes) override;
  void runtime_failed(std::string error_type, std::string payload) override;
  void runtime_init_failed(std::string error_type, std::string payload) override;

 private:
  enum class State : std::uint8_t { init, idle, busy, finishing, stopping, stopped, restarting, dead };
  /// How an invoke came out.
  struct Outcome {
    enum class Kind : std::uint8_t { response, too_large, error, exited, timed_out } kind;
    std::string payload;
    std::string error_type;
    std::string text;
  };
  struct Started {
    std::optional<InitFailure> failure;
  };

  Environment(LoopExecutor loop, EnvironmentServices services, std::shared_ptr<const FunctionSpec> function,
              EnvironmentSettings settings);
  std::optional<InitFailure> prepare(SandboxSpec& spec);
  void log_init_start(const Runtime& runtime);
  void log_init_failure(std::chrono::microseconds duration, bool timed_out, std::string_view error_type, bool again);
  Task<std::optional<InitFailure>> launch();
  void open_listeners();
  Task<> watch(std::shared_ptr<Environment> self);
  Task<std::optional<ExitStatus>> watch_programs();
  bool stands_after(const ExitStatus& exit);
  void stop();
  void program_ended(const ExitStatus& exit);
  void begin_restart();
  Task<std::optional<Outcome>> restart();
  Task<> kill_after(std::shared_ptr<Environment> self, std::chrono::milliseconds grace);
  void arm_timer(std::chrono::steady_clock::duration limit);
  void time_is_up();
  void die();
  bool settle(Outcome outcome);
  void settle_exit(const ExitStatus& exit);
  void deliver(const InvokeRequest& request);
  InvokeAnswer conclude(const InvokeRequest& request, Outcome outcome, std::chrono::microseconds duration);
  InvokeAnswer answer_from(const InvokeRequest& request, Outcome& outcome, std::string& error_type);
  std::uint64_t memory_peak();

  LoopExecutor loop_;
  EnvironmentServices services_;
  std::shared_ptr<const FunctionSpec> function_;
  EnvironmentSettings settings_;
  std::shared_ptr<LogStream> log_;
  std::unique_ptr<RuntimeApi> api_;  ///< none while no runtime runs
  UniqueFd listener_;  ///< its listener then
  std::shared_ptr<Sandbox> sandbox_;
  std::shared_ptr<void> endpoint_;  ///< of AdoptEndpoint
  Timer timer_;
  std::uint64_t timer_round_ = 0;  ///< a time-out that was overtaken by its cancellation finds another number
  State state_ = State::init;
  std::optional<Completion<Started>> init_;
  std::optional<Completion<Outcome>> invoke_;
  std::optional<Completion<std::optional<Outcome>>> restart_;  ///< nullopt: the runtime is ready
  SteadyTime idle_since_{};
  std::chrono::milliseconds init_limit_{};
  std::chrono::microseconds init_duration_{};  ///< until the first invoke took it over
  std::uint64_t memory_peak_bytes_ = 0;
};

}  // namespace brume::lambda
