#include "observe/prometheus_text.h"

#include <charconv>
#include <cmath>

namespace brume::observe {
namespace {

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value);
  return std::string(digits, end.ptr);
}

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\n') out += "\\n";
    else if (c == '\\' || (quotes && c == '"')) (out += '\\') += c;
    else out += c;
  }
}

}  // namespace

void PrometheusText::family(std::string_view name, std::string_view help, std::string_view type) {
  name_ = name;
  text_.append("# HELP ").append(name).append(" ");
  append_escaped(text_, help, false);
  text_.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

void PrometheusText::sample(const Labels& labels, double value) { line("", labels, number(value)); }

void PrometheusText::gauge(std::string_view name, std::string_view help, double value) {
  family(name, help, "gauge");
  sample({}, value);
}

void PrometheusText::histogram(const Labels& labels, const Histogram::Totals& totals) {
  std::uint64_t count = 0;
  for (const std::uint64_t bucket : totals.buckets) count += bucket;
  if (count == 0) return;
  Labels with_bound = labels;
  with_bound.emplace_back("le", "");
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i + 1 < Histogram::kBuckets; ++i) {
    cumulative += totals.buckets[i];
    with_bound.back().second = number(static_cast<double>(Histogram::bound(i)) / 1e6);
    line("_bucket", with_bound, std::to_string(cumulative));
  }
  with_bound.back().second = "+Inf";
  line("_bucket", with_bound, std::to_string(count));
  line("_sum", labels, number(static_cast<double>(totals.sum_nanos) / 1e9));
  line("_count", labels, std::to_string(count));
}

void PrometheusText::line(std::string_view suffix, const Labels& labels, std::string_view value) {
  text_.append(name_).append(suffix);
  char separator = '{';
  for (const auto& [name, label] : labels) {
    text_.push_back(separator);
    text_.append(name).append("=\"");
    append_escaped(text_, label, true);
    text_.push_back('"');
    separator = ',';
  }
  if (!labels.empty()) text_.push_back('}');
  text_.append(" ").append(value).append("\n");
}

}  // namespace brume::observe
