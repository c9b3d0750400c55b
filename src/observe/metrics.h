// Counters and latency histograms of all traffic, rendered as Prometheus text.
//
// Counting is sharded by thread: each thread writes memory of its own with plain relaxed stores, so that a count costs
// nanoseconds and threads never contend. A shard lives as long as the Metrics: count from long-lived threads (loops).
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/histogram.h"

namespace brume::observe {

/// Thread-safe. add_gauge() may be called at any time.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// One answered call. `service` and `operation` must live as long as this object (they come from static tables): they
  /// are told apart by address. `error_code` is copied when first seen; "" for success. Allocates only when a thread
  /// sees an operation for the first time. At most 700 operations a thread, 15 statuses and 31 error codes an operation
  /// are told apart; what comes after is counted as "other" (status 0).
  void count(std::string_view service, std::string_view operation, int status, std::string_view error_code,
             std::chrono::nanoseconds duration);
  /// The bytes of an answered call's bodies; arguments as above.
  void count_bytes(std::string_view service, std::string_view operation, std::size_t in, std::size_t out);

  /// One request to a deployed API. Views are valid during the call only. At most 500 combinations of api, stage,
  /// resource and method are told apart; what comes after is counted with all four "other".
  void count_api(std::string_view api, std::string_view stage, std::string_view resource, std::string_view method,
                 int status, std::chrono::nanoseconds latency,
                 std::optional<std::chrono::nanoseconds> integration_latency);

  /// Adds `name`, read whenever metrics are rendered, on the rendering thread: `read` must be thread-safe and quick, and
  /// what it refers to must outlive this object.
  void add_gauge(std::string name, std::string help, std::function<double()> read);

  /// Adds histograms that differ in the value of one label, read as gauges are: `read` gives each value with its counts.
  using Histograms = std::vector<std::pair<std::string, Histogram::Totals>>;
  void add_histograms(std::string name, std::string help, std::string label, std::function<Histograms()> read);

  /// Prometheus text exposition format 0.0.4. Counts made meanwhile may or may not be in it.
  std::string render_prometheus() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace brume::observe
