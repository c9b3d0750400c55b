#include "dynamodb/state/background.h"

#include <boost/asio/as_tuple.hpp>

#include "base/log.h"

namespace brume::dynamodb {
namespace {

Task<> run_once(State& state, const std::function<Task<>(State&)>& job, std::string_view name) {
  std::string failure;
  try {
    co_await job(state);
  } catch (const std::exception& error) {
    failure = error.what();
  }
  if (!failure.empty()) log_error(name, {{"error", failure}});
}

Task<> run_repeatedly(State& state, State::Background background, std::chrono::milliseconds interval,
                      std::string_view name, std::function<Task<>(State&)> job) {
  State::Background under_way = std::move(background);
  while (!state.stopping) {
    co_await run_once(state, job, name);
    co_await rest(state, interval);
  }
}

std::string text_of(std::exception_ptr error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return e.what();
  }
}

}  // namespace

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
