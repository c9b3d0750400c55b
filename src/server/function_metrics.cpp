#include "server/function_metrics.h"

namespace brume::server {

void show_functions(observe::Metrics& metrics, const lambda::Lambda& lambda) {
  using lambda::LambdaCounts;
  const auto add = [&](std::string name, std::string help, auto read) {
    metrics.add_gauge("brume_" + name, std::move(help),
                      [&lambda, read] { return static_cast<double>(read(lambda.counts())); });
  };
  add("environments_starting", "Execution environments of functions in INIT.",
      [](const LambdaCounts& c) { return c.environments.starting; });
  add("environments_busy", "Environments that run an invoke.",
      [](const LambdaCounts& c) { return c.environments.busy; });
  add("environments_idle", "Environments that wait for an invoke.",
      [](const LambdaCounts& c) { return c.environments.idle; });
  add("environments_waiting", "Invokes that wait for an environment.",
      [](const LambdaCounts& c) { return c.environments.waiting; });
  add("environments_memory_mb", "What all environments have of --function-memory-mb.",
      [](const LambdaCounts& c) { return c.environments.memory_mb; });
  add("environments_memory_max_mb", "--function-memory-mb, or its default.",
      [](const LambdaCounts& c) { return c.memory_max_mb; });
  add("environments_evicted", "Idle environments ended to make room, since the start.",
      [](const LambdaCounts& c) { return c.environments.evicted; });
  add("environments_refused", "Invokes refused because there was no memory, since the start.",
      [](const LambdaCounts& c) { return c.environments.refused; });
  add("environments_prepared", "Sandboxes made ahead that are ready.",
      [](const LambdaCounts& c) { return c.prepared; });
  add("async_queued", "Asynchronous invokes accepted and not done with.",
      [](const LambdaCounts& c) { return c.async.queued; });
  add("async_running", "Those of them that run.", [](const LambdaCounts& c) { return c.async.running; });
  add("async_overdue_seconds", "How long the first that could run has been waiting for its turn.",
      [](const LambdaCounts& c) { return std::chrono::duration<double>(c.async.overdue).count(); });
  add("async_unrecorded", "Outcomes of asynchronous invokes that the store has not taken yet.",
      [](const LambdaCounts& c) { return c.async.unrecorded; });
  add("async_attempts", "Asynchronous invokes begun, first and repeated ones, since the start.",
      [](const LambdaCounts& c) { return c.async.attempts; });
  add("async_dropped_errors", "Dropped after three errors, since the start.",
      [](const LambdaCounts& c) { return c.async.exhausted; });
  add("async_dropped_age", "Dropped because they were not done with after six hours, since the start.",
      [](const LambdaCounts& c) { return c.async.expired; });
  add("async_dropped_gone", "Dropped because their function was deleted, since the start.",
      [](const LambdaCounts& c) { return c.async.gone; });
  add("async_set_aside", "Set aside, since the start; the log says why.",
      [](const LambdaCounts& c) { return c.async.set_aside; });
}

}  // namespace brume::server
