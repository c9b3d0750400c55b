// Writes the Prometheus text exposition format, version 0.0.4.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/histogram.h"

namespace brume::observe {

/// Names and values; values may be any text.
using Labels = std::vector<std::pair<std::string, std::string>>;

class PrometheusText {
 public:
  /// Begins a metric; what follows belongs to it. `type`: "counter", "gauge", "histogram".
  void family(std::string_view name, std::string_view help, std::string_view type);
  void sample(const Labels& labels, double value);
  void sample(const Labels& labels, std::unsigned_integral auto value) { line("", labels, std::to_string(value)); }
  /// Cumulative buckets up to +Inf, _sum in seconds and _count; nothing if nothing was counted.
  void histogram(const Labels& labels, const Histogram::Totals& totals);
  /// A family of one sample.
  void gauge(std::string_view name, std::string_view help, double value);

  std::string text() && { return std::move(text_); }

 private:
  void line(std::string_view suffix, const Labels& labels, std::string_view value);

  std::string text_;
  std::string name_;
};

}  // namespace brume::observe
