#include "observe/metrics.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/histogram.h"

namespace brume::observe {
namespace {
using namespace std::chrono_literals;

bool holds(const std::string& text, std::string_view line) {
  return ("\n" + text).find("\n" + std::string(line) + "\n") != std::string::npos;
}

TEST(Histogram, BucketsCoverTheirBounds) {
  for (std::uint64_t micros = 0; micros < 300'000; ++micros) {
    const std::size_t bucket = Histogram::bucket_of(micros);
    ASSERT_LT(micros, Histogram::bound(bucket)) << micros;
    if (bucket > 0) {
      ASSERT_GE(micros, Histogram::bound(bucket - 1)) << micros;
    }
  }
  EXPECT_EQ(Histogram::bucket_of(UINT64_MAX), Histogram::kBuckets - 1);
  EXPECT_EQ(Histogram::bucket_of((1u << 26) - 1), Histogram::kBuckets - 2);
}

TEST(Metrics, AddsUpThreads) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        metrics.count("dynamodb", "PutItem", 200, "", 100us);
        metrics.count_bytes("dynamodb", "PutItem", 10, 20);
      }
      metrics.count("dynamodb", "PutItem", 400, "ValidationException", 1s);
      metrics.count_bytes("dynamodb", "PutItem", 1, 2);
    });
  for (auto& thread : threads) thread.join();
  const std::string text = metrics.render_prometheus();
  EXPECT_TRUE(holds(text, R"(brume_requests_total{service="dynamodb",operation="PutItem",status="200"} 4000)"));
  EXPECT_TRUE(holds(text, R"(brume_requests_total{service="dynamodb",operation="PutItem",status="400"} 4)"));
  EXPECT_TRUE(
      holds(text, R"(brume_errors_total{service="dynamodb",operation="PutItem",code="ValidationException"} 4)"));
  EXPECT_TRUE(holds(text, R"(brume_request_seconds_bucket{service="dynamodb",operation="PutItem",le="9.6e-05"} 0)"));
  EXPECT_TRUE(
      holds(text, R"(brume_request_seconds_bucket{service="dynamodb",operation="PutItem",le="0.000112"} 4000)"));
  EXPECT_TRUE(holds(text, R"(brume_request_seconds_bucket{service="dynamodb",operation="PutItem",le="+Inf"} 4004)"));
  EXPECT_TRUE(holds(text, R"(brume_request_seconds_sum{service="dynamodb",operation="PutItem"} 4.4)"));
  EXPECT_TRUE(holds(text, R"(brume_request_bytes_total{service="dynamodb",operation="PutItem"} 40004)"));
  EXPECT_TRUE(holds(text, R"(brume_response_bytes_total{service="dynamodb",operation="PutItem"} 80008)"));
}

TEST(Metrics, ErrorCodesAreBounded) {
  Metrics metrics;
  for (int i = 0; i < 100; ++i) metrics.count("s", "o", 400, "Code" + std::to_string(i), 1ms);
  EXPECT_TRUE(holds(metrics.render_prometheus(), R"(brume_errors_total{service="s",operation="o",code="other"} 69)"));
}

TEST(Metrics, ApiSeriesAreBoundedAndEscaped) {
  Metrics metrics;
  metrics.count_api("a\"b", "prod", "/pets/{id}", "GET", 200, 5ms, std::nullopt);
  for (int i = 0; i < 1000; ++i) metrics.count_api("api", "prod", "/" + std::to_string(i), "GET", 502, 5ms, 4ms);
  const std::string text = metrics.render_prometheus();
  EXPECT_TRUE(holds(
      text, R"(brume_api_requests_total{api="a\"b",stage="prod",resource="/pets/{id}",method="GET",status="200"} 1)"));
  EXPECT_TRUE(holds(
      text, R"(brume_api_requests_total{api="other",stage="other",resource="other",method="other",status="502"} 501)"));
  EXPECT_TRUE(
      holds(text, R"(brume_api_integration_seconds_count{api="api",stage="prod",resource="/7",method="GET"} 1)"));
}

TEST(Metrics, ShowsTheProcessAndGauges) {
  Metrics metrics;
  metrics.add_gauge("brume_test", "A gauge.", [] { return 2.5; });
  const std::string text = metrics.render_prometheus();
  EXPECT_TRUE(holds(text, "brume_test 2.5"));
  for (std::string_view name : {"process_resident_memory_bytes", "process_open_fds", "process_start_time_seconds"}) {
    const std::size_t at = text.find("\n" + std::string(name) + " ");
    ASSERT_NE(at, std::string::npos) << name;
    EXPECT_GT(std::stod(text.substr(at + name.size() + 2)), 0) << name;
  }
  EXPECT_NE(text.find("\nprocess_cpu_seconds_total "), std::string::npos);
}

}  // namespace
}  // namespace brume::observe
