// An environment whose runtime has ended and whose sandbox stands: as on AWS the next invoke starts the runtime again in
// it, and /tmp is as it was left. Its Duration holds that start, as on AWS; but the start is not of the time that the
// function has, or on a busy host an innocent invoke would end with it.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-invoke-with-errors
#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>

#include "base/log.h"
#include "lambda/environment/environment.h"

namespace brume::lambda {

namespace {

constexpr std::chrono::seconds kStopTimeMax{5};  // killing processes takes milliseconds, unless the host hangs

/// Hangs up on what processes that are gone had connected: none of it may be taken for the next runtime's. False when
/// that cannot be done.
bool hang_up_waiting(int listener) {
  ::fcntl(listener, F_SETFL, ::fcntl(listener, F_GETFL) | O_NONBLOCK);
  while (true) {
    const UniqueFd connection(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection && errno != EINTR && errno != ECONNABORTED) return errno == EAGAIN;
  }
}

}  // namespace

/// Returns when the sandbox is of no more use: nullopt, or how its last program ended.
Task<std::optional<ExitStatus>> Environment::watch_programs() {
  while (true) {
    const std::optional<ExitStatus> exit = co_await sandbox_->wait_program();
    if (!exit || !stands_after(*exit)) co_return exit;
    program_ended(*exit);
  }
}

/// What the kernel killed may have been killed for its memory, and files in /tmp are part of that: with them in place
/// the next runtime might not even start.
bool Environment::stands_after(const ExitStatus& exit) {
  const bool killed = exit.signaled && exit.value == SIGKILL;
  switch (state_) {
    case State::idle:
    case State::busy:
    case State::finishing:
      if (killed) return false;
      break;
    case State::stopping: break;
    default: return false;
  }
  if (api_) listener_ = api_->release_listener();
  api_.reset();
  return exit.start_error.empty() && hang_up_waiting(listener_.get());
}

/// Ends its processes after a time-out.
void Environment::stop() {
  log_->drain(true);
  state_ = State::stopping;
  if (api_) listener_ = api_->release_listener();
  api_.reset();
  arm_timer(kStopTimeMax);
  sandbox_->end_program();
}

void Environment::program_ended(const ExitStatus& exit) {
  const bool was_idle = state_ == State::idle;
  timer_.cancel();
  ++timer_round_;
  log_->drain(true);
  state_ = State::stopped;
  settle_exit(exit);
  if (was_idle) return;  // its owner has it among the idle ones, or an invoke is on its way here
  idle_since_ = services_.clock.monotonic();
  services_.owner.environment_idle(shared_from_this());
}

/// Errors: std::exception.
void Environment::begin_restart() {
  const auto runtime = services_.runtimes.get(function_->runtime);
  if (runtime) log_init_start(*runtime);
  memory_peak_bytes_ = 0;
  api_ = std::make_unique<RuntimeApi>(loop_, *this, std::move(listener_));
  arm_timer(init_limit_);
  sandbox_->start_again();
}

/// Returns what came instead of a runtime that is ready; the environment is dead then, so that a sandbox in which the
/// function cannot start does not stay.
Task<std::optional<Environment::Outcome>> Environment::restart() {
  const SteadyTime begin = services_.clock.monotonic();
  const Completion<std::optional<Outcome>> ready;
  restart_ = ready;
  state_ = State::restarting;
  try {
    begin_restart();
  } catch (const std::exception& error) {
    log_error("environment: not started again", {{"function", function_->arn}, {"error", error.what()}});
    Outcome lost{Outcome::Kind::exited, {}, "Runtime.ExitError", {}};
    ready.set(std::move(lost));
  }
  std::optional<Outcome> failed = co_await ready.wait();
  restart_.reset();
  timer_.cancel();
  ++timer_round_;
  if (!failed) {
    sandbox_->end_start_up();
  } else {
    const auto duration = std::chrono::duration_cast<std::chrono::microseconds>(services_.clock.monotonic() - begin);
    log_init_failure(duration, failed->kind == Outcome::Kind::timed_out, failed->error_type, true);
    end(std::chrono::milliseconds(0));
  }
  co_return failed;
}

}  // namespace brume::lambda
