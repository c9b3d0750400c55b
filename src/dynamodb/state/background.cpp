#include "dynamodb/state/background.h"

#include <boost/asio/as_tuple.hpp>

#include "base/error.h"
#include "base/log.h"
#include "dynamodb/request/errors.h"

namespace brume::dynamodb {
namespace {

/// A store that refuses every write is asked, and told of in the log, ever less often.
constexpr std::chrono::milliseconds kRestMax = std::chrono::minutes(1);

/// Whether it succeeded.
Task<bool> run_once(State& state, const std::function<Task<>(State&)>& job, std::string_view name) {
  std::string failure;
  try {
    co_await job(state);
  } catch (const std::exception& error) {
    failure = error.what();
  }
  if (!failure.empty()) log_error(name, {{"error", failure}});
  co_return failure.empty();
}

Task<> run_repeatedly(State& state, State::Background background, std::chrono::milliseconds interval,
                      std::string_view name, std::function<Task<>(State&)> job) {
  State::Background under_way = std::move(background);
  std::chrono::milliseconds pause = interval;
  while (!state.stopping) {
    const bool succeeded = co_await run_once(state, job, name);
    pause = succeeded ? interval : std::max(interval, std::min(2 * pause, kRestMax));
    co_await rest(state, pause);
  }
}

std::string text_of(std::exception_ptr error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return e.what();
  }
}

/// What `job` threw, "" for nothing.
Task<std::string> failure_of(const std::function<Task<>()>& job) {
  std::string failure;
  try {
    co_await job();
  } catch (const AwsError& error) {
    if (error.kind().code != kResourceNotFound.code) failure = error.message();  // the table went away meanwhile
  } catch (const std::exception& error) {
    failure = error.what();
  }
  co_return failure;
}

}  // namespace

Task<> until_done(State& state, std::string_view name, std::string table, std::function<Task<>()> job) {
  std::chrono::milliseconds pause{500};
  while (true) {
    const std::string failure = co_await failure_of(job);
    if (failure.empty()) co_return;
    log_error(name, {{"table", table}, {"error", failure}});
    if (state.stopping) co_return;
    pause = std::min(2 * pause, kRestMax);
    co_await rest(state, pause);
    if (state.stopping) co_return;
  }
}

void repeat(State& state, std::chrono::milliseconds interval, std::string_view name,
            std::function<Task<>(State&)> job) {
  spawn(*state.home, run_repeatedly(state, State::Background(state), interval, name, std::move(job)));
}

Task<> rest(State& state, std::chrono::milliseconds duration) {
  if (state.stopping) co_return;
  Timer timer(co_await this_loop, duration);
  auto place = state.rests.insert(state.rests.end(), &timer);
  co_await timer.async_wait(asio::as_tuple(use_task));  // cancelled or over: both end the rest
  state.rests.erase(place);
}

void end_rests(State& state) {
  if (!state.home) return;
  asio::post(*state.home, [&state] {
    for (Timer* timer : state.rests) timer->cancel();
  });
}

Task<> logged(Task<> task, std::string_view what) {
  std::exception_ptr error;
  try {
    co_await std::move(task);
  } catch (...) {
    error = std::current_exception();
  }
  if (error) log_error(what, {{"error", text_of(error)}});
}

}  // namespace brume::dynamodb
