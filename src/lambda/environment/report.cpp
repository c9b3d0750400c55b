#include "lambda/environment/report.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cstdio>

namespace brume::lambda {

namespace {

template <class... Arguments>
std::string format(const char* pattern, Arguments... arguments) {
  char text[256];
  const int length = std::snprintf(text, sizeof text, pattern, arguments...);
  return {text, static_cast<std::size_t>(std::clamp(length, 0, static_cast<int>(sizeof text) - 1))};
}

double millis(std::chrono::microseconds duration) { return static_cast<double>(duration.count()) / 1000.0; }

}  // namespace

std::string error_object(std::string_view type, std::string_view message) {
  return boost::json::serialize(boost::json::value{{"errorType", type}, {"errorMessage", message}});
}

std::chrono::milliseconds billed(std::chrono::microseconds duration) {
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(duration), std::chrono::milliseconds(1));
}

std::string report_line(const Report& report) {
  std::string line = "REPORT RequestId: " + std::string(report.request_id);
  line += format("\tDuration: %.2f ms\tBilled Duration: %lld ms\tMemory Size: %u MB\tMax Memory Used: %llu MB\t",
                 millis(report.duration), static_cast<long long>(report.billed_duration.count()), report.memory_mb,
                 static_cast<unsigned long long>((report.max_memory_bytes + (1 << 20) - 1) >> 20));
  if (report.init_duration.count() > 0) line += format("Init Duration: %.2f ms\t", millis(report.init_duration));
  if (!report.status.empty()) line += "Status: " + std::string(report.status);
  if (!report.error_type.empty()) line += "\tError Type: " + std::string(report.error_type);
  return line;
}

std::string init_report_line(std::chrono::microseconds duration, std::string_view phase, std::string_view status,
                             std::string_view error_type) {
  std::string line = format("INIT_REPORT Init Duration: %.2f ms\tPhase: ", millis(duration)) + std::string(phase) +
                     "\tStatus: " + std::string(status);
  if (!error_type.empty()) line += "\tError Type: " + std::string(error_type);
  return line;
}

std::string timed_out_text(std::chrono::milliseconds timeout) {
  return format("Task timed out after %.2f seconds", static_cast<double>(timeout.count()) / 1000.0);
}

std::string make_trace_id(WallTime now, std::uint64_t random_a, std::uint64_t random_b) {
  return format("Root=1-%08llx-%08x%016llx;Parent=%016llx;Sampled=0",
                static_cast<unsigned long long>(unix_millis(now) / 1000), static_cast<unsigned>(random_a >> 32),
                static_cast<unsigned long long>(random_b),
                static_cast<unsigned long long>(random_a * 0x9e3779b97f4a7c15ull ^ random_b));
}

}  // namespace brume::lambda
