#pragma once

#include <exception>
#include <optional>

#include "base/task.h"

namespace brume::cli {

template <class T>
Task<> keep_result(Task<T> task, std::optional<T>& result) {
  result.emplace(co_await std::move(task));
}

/// Runs one coroutine to its end on this thread.
template <class T>
T run_task(Task<T> task) {
  asio::io_context loop(1);
  auto guard = asio::make_work_guard(loop);
  std::optional<T> result;
  std::exception_ptr error;
  asio::co_spawn(loop.get_executor(), keep_result(std::move(task), result), [&](std::exception_ptr e) {
    error = std::move(e);
    loop.stop();
  });
  loop.run();
  if (error) std::rethrow_exception(error);
  return std::move(*result);
}

}  // namespace brume::cli
