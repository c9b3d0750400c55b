#include "lambda/environment/environment.h"

#include <csignal>

#include "base/crypto.h"
#include "base/log.h"
#include "base/time_text.h"
#include "lambda/environment/command.h"
#include "lambda/environment/report.h"

namespace brume::lambda {

namespace {

std::chrono::microseconds since(SteadyTime start, SteadyTime now) {
  return std::chrono::duration_cast<std::chrono::microseconds>(now - start);
}

std::string log_stream_name(const FunctionSpec& function, const Clock& clock, Random& random) {
  std::string day = iso_millis(clock.now()).substr(0, 10);
  for (char& c : day)
    if (c == '-') c = '/';
  return day + "/[" + function.version + "]" + random.text(32, "0123456789abcdef");
}

std::string init_start_line(const FunctionSpec& function, const std::optional<Runtime>& runtime) {
  return "INIT_START Runtime Version: " + runtime_version(function.runtime, runtime) +
         "\tRuntime Version ARN: " + runtime_version_arn(function.region, function.runtime, runtime);
}

/// Go's wording of an exec that failed, from the launcher's "exec /var/task/bootstrap: Permission denied".
std::string exec_failure(std::string text) {
  if (text.starts_with("exec ")) text = "fork/" + text;
  if (const auto colon = text.rfind(": "); colon != std::string::npos && colon + 2 < text.size())
    text[colon + 2] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[colon + 2])));
  return text;
}

}  // namespace

std::shared_ptr<Environment> Environment::make(LoopExecutor loop, EnvironmentServices services,
                                               std::shared_ptr<const FunctionSpec> function,
                                               EnvironmentSettings settings) {
  return std::shared_ptr<Environment>(new Environment(loop, services, std::move(function), std::move(settings)));
}

Environment::Environment(LoopExecutor loop, EnvironmentServices services, std::shared_ptr<const FunctionSpec> function,
                         EnvironmentSettings settings)
    : loop_(loop), services_(services), function_(std::move(function)), settings_(std::move(settings)), timer_(loop) {
  log_ = std::make_shared<LogStream>(function_, log_stream_name(*function_, services_.clock, services_.random),
                                     services_.clock, services_.logs);
}

Environment::~Environment() = default;

Task<std::optional<InitFailure>> Environment::start(std::chrono::milliseconds limit) {
  const auto self = shared_from_this();
  const SteadyTime begin = services_.clock.monotonic();
  init_limit_ = limit;
  std::optional<InitFailure> failure = co_await launch();
  const bool launched = !failure;
  if (launched) {
    init_.emplace();
    const auto init = *init_;
    arm_timer(limit);
    if (state_ == State::dead) sandbox_->kill();  // end() came before there was anything to kill
    spawn(loop_, watch(self));
    Started started = co_await init.wait();
    failure = std::move(started.failure);
  }
  const auto duration = since(begin, services_.clock.monotonic());
  timer_.cancel();
  ++timer_round_;
  init_.reset();
  if (!failure) {
    init_duration_ = duration;
    sandbox_->end_start_up();
    co_return failure;
  }
  log_init_failure(duration, failure->kind == InitFailure::Kind::timed_out, failure->error_type, false);
  end(std::chrono::milliseconds(0));
  if (!launched) services_.owner.environment_gone(*this);  // else watch() says so
  co_return failure;
}

void Environment::log_init_start(const Runtime& runtime) {
  log_->platform_line(init_start_line(*function_, runtime));
  if (!runtime.stand_in.empty()) log_->platform_line(runtime.stand_in);
}

void Environment::log_init_failure(std::chrono::microseconds duration, bool timed_out, std::string_view error_type,
                                   bool again) {
  log_->drain(true);
  log_->platform_line(init_report_line(duration, again ? "invoke" : "init", timed_out ? "timeout" : "error",
                                       timed_out ? "" : error_type));
}

/// What can be said without starting anything; fills `spec` when nothing is wrong.
std::optional<InitFailure> Environment::prepare(SandboxSpec& spec) {
  const auto runtime = services_.runtimes.get(function_->runtime);
  if (!runtime)
    return InitFailure{
        InitFailure::Kind::host, services_.runtimes.why_not(function_->runtime), "Runtime.Unavailable", {}};
  log_init_start(*runtime);
  if (runtime->language == Language::provided && find_bootstrap(*function_).empty())
    return InitFailure{InitFailure::Kind::entrypoint,
                       "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]",
                       "Runtime.InvalidEntrypoint",
                       {}};
  spec = make_sandbox_spec({*function_, *runtime, log_->name(), settings_.endpoint_url, settings_.credentials});
  spec.stay = true;
  return std::nullopt;
}

Task<std::optional<InitFailure>> Environment::launch() {
  std::optional<InitFailure> failure;
  try {
    SandboxSpec spec;
    failure = prepare(spec);
    if (!failure) {
      sandbox_ = co_await Sandbox::start(services_.host, services_.blocking, std::move(spec));
      open_listeners();
      log_->read_from(loop_, sandbox_->release_output(), sandbox_->release_telemetry());
    }
  } catch (const std::exception& error) {
    log_error("environment: sandbox failed", {{"function", function_->arn}, {"error", error.what()}});
    failure.emplace();
    failure->kind = InitFailure::Kind::host;
    failure->text = error.what();
    failure->error_type = "Runtime.SandboxError";
  }
  co_return failure;
}

void Environment::open_listeners() {
  if (state_ == State::dead) return;  // end() came meanwhile
  api_ = std::make_unique<RuntimeApi>(loop_, *this, sandbox_->release_runtime_listener());
  UniqueFd endpoint = sandbox_->release_endpoint_listener();
  if (endpoint && settings_.adopt_endpoint) endpoint_ = settings_.adopt_endpoint(std::move(endpoint));
}

/// Waits for the sandbox's end, whenever and why ever it comes.
Task<> Environment::watch([[maybe_unused]] std::shared_ptr<Environment> self) {
  ExitStatus exit;
  try {
    const std::optional<ExitStatus> program = co_await watch_programs();
    sandbox_->kill();
    exit = co_await sandbox_->wait();
    if (program) exit = *program;
  } catch (const std::exception& error) {
    // No descriptor was left to wait with, say: one environment is lost then, not the server.
    log_error("environment: cannot wait for its process", {{"function", function_->arn}, {"error", error.what()}});
    sandbox_->kill();
    exit.signaled = true;
    exit.value = SIGKILL;
  }
  memory_peak();
  log_->close();
  settle_exit(exit);
  die();
  services_.owner.environment_gone(*this);
}

void Environment::settle_exit(const ExitStatus& exit) {
  const std::string text = exit.signaled || exit.value != 0 ? exit.describe() : std::string();
  if (init_) {
    if (!exit.start_error.empty())
      init_->set({InitFailure{
          InitFailure::Kind::entrypoint, exec_failure(exit.start_error), "Runtime.InvalidEntrypoint", {}}});
    else init_->set({InitFailure{InitFailure::Kind::exited, text, "Runtime.ExitError", {}}});
  }
  Outcome exited{Outcome::Kind::exited, {}, "Runtime.ExitError", text};
  if (restart_) restart_->set(std::move(exited));
  else settle(std::move(exited));
}

void Environment::arm_timer(std::chrono::steady_clock::duration limit) {
  timer_.expires_after(limit);
  timer_.async_wait([self = shared_from_this(), round = ++timer_round_](boost::system::error_code error) {
    if (!error && round == self->timer_round_) self->time_is_up();
  });
}

void Environment::time_is_up() {
  if (init_) init_->set({InitFailure{InitFailure::Kind::timed_out, {}, {}, {}}});
  Outcome timed_out{Outcome::Kind::timed_out, {}, {}, {}};
  if (restart_) restart_->set(std::move(timed_out));
  else if (state_ == State::stopping) end(std::chrono::milliseconds(0));
  else if (settle(std::move(timed_out))) stop();
}

void Environment::die() {
  if (state_ == State::dead) return;
  state_ = State::dead;
  timer_.cancel();
  if (api_) api_->stop();
  listener_.reset();
  endpoint_.reset();
  services_.owner.environment_dead(shared_from_this());
}

void Environment::end(std::chrono::milliseconds grace) {
  if (sandbox_) {
    if (grace.count() <= 0 || state_ == State::stopped) {
      sandbox_->kill();
    } else {
      sandbox_->terminate();
      spawn(loop_, kill_after(shared_from_this(), grace));
    }
  }
  die();
}

Task<> Environment::kill_after([[maybe_unused]] std::shared_ptr<Environment> self, std::chrono::milliseconds grace) {
  co_await sleep_for(grace);
  sandbox_->kill();
}

void Environment::runtime_ready() {
  if (state_ == State::dead) return;
  if (restart_) {
    state_ = State::busy;  // the invoke that waits for it is the one to run
    restart_->set(std::nullopt);
    return;
  }
  state_ = State::idle;
  idle_since_ = services_.clock.monotonic();
  if (init_) {
    init_->set({});  // start() returns first; its caller knows that the environment is idle
    return;
  }
  services_.owner.environment_idle(shared_from_this());
}

/// Ends the running invoke, if there is one. At once rather than when its coroutine resumes: by then the
/// runtime may have asked for, and got, the next one.
bool Environment::settle(Outcome outcome) {
  if (!invoke_) return false;
  const auto completion = *std::exchange(invoke_, std::nullopt);
  if (state_ == State::busy) state_ = State::finishing;
  timer_.cancel();
  ++timer_round_;
  return completion.set(std::move(outcome));
}

void Environment::runtime_responded(std::string payload) {
  settle({Outcome::Kind::response, std::move(payload), {}, {}});
}

void Environment::runtime_response_too_large(std::size_t) {
  settle({Outcome::Kind::too_large, {}, "Function.ResponseSizeTooLarge", {}});
}

void Environment::runtime_failed(std::string error_type, std::string payload) {
  settle({Outcome::Kind::error, std::move(payload), std::move(error_type), {}});
}

void Environment::runtime_init_failed(std::string error_type, std::string payload) {
  if (restart_) {
    Outcome failed{Outcome::Kind::error, std::move(payload), std::move(error_type), {}};
    restart_->set(std::move(failed));
  } else if (init_) {
    init_->set({InitFailure{InitFailure::Kind::reported, {}, std::move(error_type), std::move(payload)}});
  }
}

void Environment::deliver(const InvokeRequest& request) {
  Invocation invocation;
  invocation.request_id = request.request_id;
  invocation.payload = request.payload.empty() ? "{}" : request.payload;
  invocation.invoked_arn = request.invoked_arn;
  invocation.trace_id = request.trace_id.empty()
                            ? make_trace_id(services_.clock.now(), services_.random.next(), services_.random.next())
                            : request.trace_id;
  invocation.client_context = request.client_context;
  invocation.cognito_identity = request.cognito_identity;
  invocation.deadline = services_.clock.now() + function_->timeout;
  api_->deliver(invocation);
}

Task<InvokeAnswer> Environment::invoke(InvokeRequest request) {
  const auto self = shared_from_this();
  const FunctionSpec& function = *function_;
  log_->drain(true);  // what was printed between invokes belongs before START
  const SteadyTime begin = services_.clock.monotonic();
  std::optional<Outcome> failed;
  if (state_ == State::stopped) failed = co_await restart();
  log_->drain(true);
  log_->begin_tail();
  log_->platform_line("START RequestId: " + request.request_id + " Version: " + function.version);
  Outcome outcome{Outcome::Kind::exited, {}, "Runtime.ExitError", {}};  // if it died while the invoke was on its way
  if (failed) {
    outcome = std::move(*failed);
  } else if (state_ == State::idle || state_ == State::busy) {
    const Completion<Outcome> completion;
    state_ = State::busy;
    invoke_ = completion;
    arm_timer(function.timeout);
    deliver(request);
    outcome = co_await completion.wait();
  }
  const auto duration = since(begin, services_.clock.monotonic());
  co_return conclude(request, std::move(outcome), duration);
}

InvokeAnswer Environment::conclude(const InvokeRequest& request, Outcome outcome, std::chrono::microseconds duration) {
  log_->drain(true);
  std::string error_type;
  InvokeAnswer answer = answer_from(request, outcome, error_type);
  const bool timed_out = outcome.kind == Outcome::Kind::timed_out;
  if (timed_out) duration = std::chrono::duration_cast<std::chrono::microseconds>(function_->timeout);
  answer.duration = duration;
  answer.init_duration = std::exchange(init_duration_, {});
  // INIT is billed since August 2025
  // (https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/).
  answer.billed_duration = billed(duration + answer.init_duration);
  answer.max_memory_bytes = memory_peak();
  log_->platform_line("END RequestId: " + request.request_id);
  const bool killed = timed_out || outcome.kind == Outcome::Kind::exited;
  log_->platform_line(
      report_line({.request_id = request.request_id,
                   .duration = duration,
                   .billed_duration = answer.billed_duration,
                   .memory_mb = function_->memory_mb,
                   .max_memory_bytes = answer.max_memory_bytes,
                   .init_duration = answer.init_duration,
                   .status = timed_out ? "timeout"
                             : killed  ? "error"
                                       : "",
                   .error_type = killed && !timed_out ? std::string_view(error_type) : std::string_view()}));
  answer.log_tail = log_->take_tail();
  return answer;
}

InvokeAnswer Environment::answer_from(const InvokeRequest& request, Outcome& outcome, std::string& error_type) {
  InvokeAnswer answer;
  answer.error = outcome.kind == Outcome::Kind::response ? FunctionError::none : FunctionError::unhandled;
  error_type = outcome.error_type;
  const std::string prefix = "RequestId: " + request.request_id + " Error: ";
  switch (outcome.kind) {
    case Outcome::Kind::response: answer.payload = std::move(outcome.payload); break;
    case Outcome::Kind::error:
      answer.payload = std::move(outcome.payload);
      if (outcome.error_type == "Handled") answer.error = FunctionError::handled;
      break;
    case Outcome::Kind::too_large:
      answer.payload = error_object(error_type, "Response payload size exceeded maximum allowed payload size (" +
                                                    std::to_string(kPayloadBytesMax) + " bytes).");
      break;
    case Outcome::Kind::exited: {
      const std::string text = outcome.text.empty() ? "Runtime exited without providing a reason"
                                                    : "Runtime exited with error: " + outcome.text;
      log_->platform_line(prefix + text + "\n" + error_type);
      answer.payload = error_object(error_type, prefix + text);
      break;
    }
    case Outcome::Kind::timed_out: {
      const std::string text = timed_out_text(function_->timeout);
      log_->platform_line(iso_millis(services_.clock.now()) + "Z " + request.request_id + " " + text);
      error_type = "Sandbox.Timedout";
      answer.payload = error_object(error_type, prefix + text);
      break;
    }
  }
  return answer;
}

InvokeAnswer Environment::answer_failed_init(const InvokeRequest& request, const InitFailure& failure) {
  log_->platform_line("START RequestId: " + request.request_id + " Version: " + function_->version);
  Outcome outcome{Outcome::Kind::exited, {}, failure.error_type, failure.text};
  switch (failure.kind) {
    case InitFailure::Kind::timed_out: outcome.kind = Outcome::Kind::timed_out; break;
    case InitFailure::Kind::reported:
      outcome.kind = Outcome::Kind::error;
      outcome.payload = failure.payload;
      break;
    case InitFailure::Kind::entrypoint:
    case InitFailure::Kind::host: {
      const std::string text = "RequestId: " + request.request_id + " Error: " + failure.text;
      log_->platform_line(text + "\n" + failure.error_type);
      outcome.kind = Outcome::Kind::error;
      outcome.payload = error_object(failure.error_type, text);
      break;
    }
    case InitFailure::Kind::exited: break;
  }
  return conclude(request, std::move(outcome), std::chrono::microseconds(0));
}

std::uint64_t Environment::memory_peak() {
  if (sandbox_) memory_peak_bytes_ = std::max(memory_peak_bytes_, sandbox_->memory_peak_bytes());
  return memory_peak_bytes_;
}

}  // namespace brume::lambda
