#include "observe/metrics.h"

#include <map>
#include <mutex>
#include <unordered_set>

#include "observe/metrics_shard.h"
#include "observe/process_stats.h"
#include "observe/prometheus_text.h"

namespace brume::observe {
namespace {

constexpr std::size_t kApiSeriesMax = 500;
constexpr char kSeparator = '\x1f';

struct Gauge {
  std::string name;
  std::string help;
  std::function<double()> read;
};

struct HistogramFamily {
  std::string name;
  std::string help;
  std::string label;
  std::function<Metrics::Histograms()> read;
};

/// The same operation of all shards together.
struct OperationTotals {
  std::map<int, std::uint64_t> statuses;
  std::map<std::string, std::uint64_t> errors;
  Histogram::Totals duration;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};
struct ApiTotals {
  std::map<int, std::uint64_t> statuses;
  Histogram::Totals latency;
  Histogram::Totals integration_latency;
};

std::atomic<std::uint64_t> next_metrics_id{1};

void add(const OperationSeries& series, OperationTotals& totals) {
  series.statuses.each([&](int status, std::uint64_t n) { totals.statuses[status] += n; });
  series.errors.each([&](std::string_view code, std::uint64_t n) { totals.errors[std::string(code)] += n; });
  series.duration.add_to(totals.duration);
  totals.bytes_in += series.bytes_in.load(std::memory_order_relaxed);
  totals.bytes_out += series.bytes_out.load(std::memory_order_relaxed);
}

Labels api_labels(std::string_view key) {
  Labels labels;
  for (std::string_view name : {"api", "stage", "resource", "method"}) {
    const std::size_t end = key.find(kSeparator);
    labels.emplace_back(name, key.substr(0, end));
    key.remove_prefix(end == std::string_view::npos ? key.size() : end + 1);
  }
  return labels;
}

Labels with(Labels labels, std::string_view name, std::string_view value) {
  labels.emplace_back(name, value);
  return labels;
}

}  // namespace

struct Metrics::State {
  const std::uint64_t id = next_metrics_id++;
  mutable std::mutex mutex;  // for what follows; taken once a thread, and for a new API series
  std::vector<std::unique_ptr<Shard>> shards;
  std::unordered_set<std::string> api_keys;
  std::vector<Gauge> gauges;
  std::vector<HistogramFamily> histograms;

  Shard& shard() {
    struct Known {
      std::uint64_t id;
      Shard* shard;
    };
    // Ids are never used again, so that what is left of a Metrics that is gone is never followed.
    thread_local std::vector<Known> known;
    for (const Known& entry : known)
      if (entry.id == id) return *entry.shard;
    std::lock_guard lock(mutex);
    shards.push_back(std::make_unique<Shard>());
    known.insert(known.begin(), {id, shards.back().get()});
    return *shards.back();
  }

  bool admit(const std::string& key) {
    std::lock_guard lock(mutex);
    if (api_keys.contains(key)) return true;
    if (api_keys.size() >= kApiSeriesMax) return false;
    api_keys.insert(key);
    return true;
  }

  void render_operations(PrometheusText& out) const;
  void render_apis(PrometheusText& out) const;
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

void Metrics::count(std::string_view service, std::string_view operation, int status, std::string_view error_code,
                    std::chrono::nanoseconds duration) {
  OperationSeries& series = state_->shard().series(service, operation);
  series.statuses.count(status);
  if (!error_code.empty()) series.errors.count(error_code);
  series.duration.add(duration);
}

void Metrics::count_bytes(std::string_view service, std::string_view operation, std::size_t in, std::size_t out) {
  OperationSeries& series = state_->shard().series(service, operation);
  add_relaxed(series.bytes_in, in);
  add_relaxed(series.bytes_out, out);
}

void Metrics::count_api(std::string_view api, std::string_view stage, std::string_view resource,
                        std::string_view method, int status, std::chrono::nanoseconds latency,
                        std::optional<std::chrono::nanoseconds> integration_latency) {
  thread_local std::string key;
  key.assign(api).push_back(kSeparator);
  key.append(stage).push_back(kSeparator);
  key.append(resource).push_back(kSeparator);
  key.append(method);
  Shard& shard = state_->shard();
  std::unique_lock lock(shard.api_mutex);
  auto found = shard.apis.find(key);
  if (found == shard.apis.end()) {
    lock.unlock();  // a renderer takes the two mutexes in the other order
    if (!state_->admit(key)) key = "other\x1fother\x1fother\x1fother";
    lock.lock();
    found = shard.apis.try_emplace(key).first;
    if (!found->second) found->second = std::make_unique<ApiSeries>();
  }
  found->second->statuses.count(status);
  found->second->latency.add(latency);
  if (integration_latency) found->second->integration_latency.add(*integration_latency);
}

void Metrics::add_gauge(std::string name, std::string help, std::function<double()> read) {
  std::lock_guard lock(state_->mutex);
  state_->gauges.push_back({std::move(name), std::move(help), std::move(read)});
}

void Metrics::add_histograms(std::string name, std::string help, std::string label, std::function<Histograms()> read) {
  std::lock_guard lock(state_->mutex);
  state_->histograms.push_back({std::move(name), std::move(help), std::move(label), std::move(read)});
}

void Metrics::State::render_operations(PrometheusText& out) const {
  std::map<std::pair<std::string, std::string>, OperationTotals> all;
  {
    std::lock_guard lock(mutex);
    for (const auto& shard : shards) {
      for (const auto& slot : shard->slots)
        if (const OperationSeries* series = slot.load(std::memory_order_acquire))
          add(*series, all[{series->service, series->operation}]);
      bool any = false;
      shard->overflow.statuses.each([&](int, std::uint64_t) { any = true; });
      if (any) add(shard->overflow, all[{"other", "other"}]);
    }
  }
  const auto labels = [](const auto& entry) {
    return Labels{{"service", entry.first.first}, {"operation", entry.first.second}};
  };
  out.family("brume_requests_total", "API calls answered.", "counter");
  for (const auto& entry : all)
    for (const auto& [status, n] : entry.second.statuses)
      out.sample(with(labels(entry), "status", std::to_string(status)), n);
  out.family("brume_errors_total", "API calls answered with an error.", "counter");
  for (const auto& entry : all)
    for (const auto& [code, n] : entry.second.errors) out.sample(with(labels(entry), "code", code), n);
  out.family("brume_request_seconds", "Time from a call's last byte in to its result.", "histogram");
  for (const auto& entry : all) out.histogram(labels(entry), entry.second.duration);
  out.family("brume_request_bytes_total", "Bytes of request bodies.", "counter");
  for (const auto& entry : all) out.sample(labels(entry), entry.second.bytes_in);
  out.family("brume_response_bytes_total", "Bytes of response bodies.", "counter");
  for (const auto& entry : all) out.sample(labels(entry), entry.second.bytes_out);
}

void Metrics::State::render_apis(PrometheusText& out) const {
  std::map<std::string, ApiTotals> all;
  {
    std::lock_guard lock(mutex);
    for (const auto& shard : shards) {
      std::lock_guard shard_lock(shard->api_mutex);
      for (const auto& [key, series] : shard->apis) {
        ApiTotals& totals = all[key];
        series->statuses.each([&](int status, std::uint64_t n) { totals.statuses[status] += n; });
        series->latency.add_to(totals.latency);
        series->integration_latency.add_to(totals.integration_latency);
      }
    }
  }
  out.family("brume_api_requests_total", "Requests to deployed APIs.", "counter");
  for (const auto& [key, totals] : all)
    for (const auto& [status, n] : totals.statuses)
      out.sample(with(api_labels(key), "status", std::to_string(status)), n);
  out.family("brume_api_request_seconds", "Time to answer a request to a deployed API.", "histogram");
  for (const auto& [key, totals] : all) out.histogram(api_labels(key), totals.latency);
  out.family("brume_api_integration_seconds", "Time that the integration of a deployed API took.", "histogram");
  for (const auto& [key, totals] : all) out.histogram(api_labels(key), totals.integration_latency);
}

std::string Metrics::render_prometheus() const {
  PrometheusText out;
  state_->render_operations(out);
  state_->render_apis(out);
  const ProcessStats process = process_stats();
  out.gauge("process_resident_memory_bytes", "Resident memory size in bytes.", process.resident_bytes);
  out.gauge("process_open_fds", "Number of open file descriptors.", process.open_files);
  out.gauge("process_start_time_seconds", "Start time of the process since the Unix epoch in seconds.",
            process.start_seconds);
  out.family("process_cpu_seconds_total", "User and system CPU time spent in seconds.", "counter");
  out.sample({}, process.cpu_seconds);
  std::vector<Gauge> gauges;
  std::vector<HistogramFamily> histograms;
  {
    std::lock_guard lock(state_->mutex);
    gauges = state_->gauges;
    histograms = state_->histograms;
  }
  for (const Gauge& gauge : gauges) out.gauge(gauge.name, gauge.help, gauge.read());
  for (const HistogramFamily& family : histograms) {
    out.family(family.name, family.help, "histogram");
    for (const auto& [value, totals] : family.read()) out.histogram({{family.label, value}}, totals);
  }
  return std::move(out).text();
}

}  // namespace brume::observe
