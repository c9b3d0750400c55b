// Which environment serves an invoke.
#include "lambda/environment/pool.h"

#include <set>

#include "lambda/environment/pool_harness.h"

namespace brume::lambda {
namespace {

class Pool : public testing::PoolTest {};

TEST_F(Pool, ConcurrentInvokesGetEnvironmentsOfTheirOwn) {
  const auto function = native();
  std::vector<std::future<InvokeResult>> running;
  for (std::size_t i = 0; i < 4; ++i) running.push_back(begin_invoke(function, doing("sleep", "1"), i % 2));
  for (auto& result : running) {
    const InvokeAnswer answer = answer_of(result.get());
    EXPECT_EQ(answer.error, FunctionError::none) << answer.payload << "\n" << answer.log_tail;
  }
  const auto counts = pool->counts(function->arn);
  EXPECT_EQ(counts.idle + counts.busy, 4u);
}

TEST_F(Pool, FastInvokesShareFewEnvironments) {
  const auto function = native();
  invoke(function, "{}");
  for (int round = 0; round < 20; ++round) {
    std::vector<std::future<InvokeResult>> running;
    for (std::size_t i = 0; i < 8; ++i) running.push_back(begin_invoke(function, doing("count"), i % 2));
    for (auto& result : running) EXPECT_TRUE(std::holds_alternative<InvokeAnswer>(result.get()));
  }
  const auto counts = pool->counts();
  EXPECT_LE(counts.idle + counts.busy + counts.starting, 8u);
  EXPECT_EQ(counts.waiting, 0u);
}

TEST_F(Pool, AccountConcurrencyIsBounded) {
  open_pool({.concurrency_max = 1});
  const auto function = native();
  auto running = begin_invoke(function, doing("sleep", "1"));
  while (pool->counts().busy == 0) std::this_thread::yield();
  const auto refused = invoke_any(function, "{}");
  ASSERT_TRUE(std::holds_alternative<InvokeThrottled>(refused));
  EXPECT_EQ(std::get<InvokeThrottled>(refused).reason, InvokeThrottled::Reason::concurrent_invocation_limit_exceeded);
  EXPECT_TRUE(std::holds_alternative<InvokeAnswer>(running.get()));
  EXPECT_TRUE(std::holds_alternative<InvokeAnswer>(invoke_any(function, "{}")));
}

TEST_F(Pool, ReservedConcurrencyIsKept) {
  const auto function = native();
  function->reserved_concurrency = 0;
  const auto refused = invoke_any(function, "{}");
  ASSERT_TRUE(std::holds_alternative<InvokeThrottled>(refused));
  EXPECT_EQ(std::get<InvokeThrottled>(refused).reason,
            InvokeThrottled::Reason::reserved_concurrent_invocation_limit_exceeded);
}

TEST_F(Pool, NewRevisionRetiresTheOldEnvironments) {
  const auto old_function = native();
  EXPECT_EQ(invoke(old_function, doing("count")).payload, "1");
  auto new_function = std::make_shared<FunctionSpec>(*old_function);
  new_function->revision = "2";
  EXPECT_EQ(invoke(new_function, doing("count")).payload, "1");
  EXPECT_EQ(invoke(new_function, doing("count")).payload, "2");
  while (pool->counts().idle != 1) std::this_thread::yield();
}

TEST_F(Pool, RetireWaitsForTheBusy) {
  const auto function = native();
  invoke(function, "{}");
  auto running = begin_invoke(function, doing("sleep", "1"));
  while (pool->counts().busy == 0) std::this_thread::yield();
  run(pool->retire_and_wait(function->arn));
  const auto result = running.get();
  ASSERT_TRUE(std::holds_alternative<InvokeAnswer>(result));
  EXPECT_EQ(std::get<InvokeAnswer>(result).error, FunctionError::none);
  const auto counts = pool->counts();
  EXPECT_EQ(counts.idle + counts.busy, 0u);
}

TEST_F(Pool, IdleEnvironmentsEnd) {
  open_pool({.idle_max = std::chrono::seconds(1)});
  invoke(native(), "{}");
  // Busy until the runtime asks for its next invoke, then idle.
  const auto there = [this] {
    const auto counts = pool->counts();
    return counts.idle + counts.busy;
  };
  EXPECT_EQ(there(), 1u);
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (there() > 0 && std::chrono::steady_clock::now() < give_up)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(there(), 0u);
}

TEST_F(Pool, CloseEndsRunningInvokes) {
  const auto function = native();
  auto running = begin_invoke(function, doing("sleep", "1000"));
  while (pool->counts().busy == 0) std::this_thread::yield();
  const auto before = std::chrono::steady_clock::now();
  run(pool->close(std::chrono::milliseconds(50)));
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
  const auto result = running.get();
  ASSERT_TRUE(std::holds_alternative<InvokeAnswer>(result));
  EXPECT_EQ(std::get<InvokeAnswer>(result).error, FunctionError::unhandled);
  EXPECT_TRUE(std::holds_alternative<InvokeFailed>(invoke_any(function, "{}")));
  pool.reset();
}

TEST_F(Pool, DeadIdleEnvironmentIsReplaced) {
  const auto function = native();
  // It answers, and exits a moment later, by itself.
  invoke(function, doing("count"));
  const auto answer = invoke(function, doing("exit", "1"));
  EXPECT_EQ(answer.error, FunctionError::unhandled);
  EXPECT_EQ(invoke(function, doing("count")).payload, "1");
}

TEST_F(Pool, LongestUnusedEndsForMemory) {
  open_pool({.memory_max_mb = 256});
  const auto first = native("first"), second = native("second"), third = native("third");
  invoke(first, "{}");
  invoke(second, "{}");
  invoke(second, "{}");
  invoke(third, "{}");
  EXPECT_EQ(invoke(second, doing("count")).payload, "3") << "used after the first";
  EXPECT_EQ(pool->counts(first->arn).idle, 0u);
  EXPECT_EQ(pool->counts().memory_mb, 256u);
  EXPECT_EQ(pool->counts().evicted, 1u);
}

TEST_F(Pool, BusyMemoryThrottles) {
  open_pool({.memory_max_mb = 128, .memory_wait = std::chrono::milliseconds(100)});
  const auto busy = native("busy"), other = native("other");
  auto running = begin_invoke(busy, doing("sleep", "1"));
  while (pool->counts().busy == 0) std::this_thread::yield();
  ::testing::internal::CaptureStderr();
  const auto refused = invoke_any(other, "{}");
  const std::string log = ::testing::internal::GetCapturedStderr();
  ASSERT_TRUE(std::holds_alternative<InvokeThrottled>(refused));
  EXPECT_EQ(std::get<InvokeThrottled>(refused).reason, InvokeThrottled::Reason::concurrent_invocation_limit_exceeded);
  EXPECT_NE(log.find("event=functions_out_of_memory"), std::string::npos) << log;
  EXPECT_LE(pool->counts().memory_mb, 128u);
  EXPECT_EQ(pool->counts().refused, 1u);
  answer_of(running.get());
  EXPECT_EQ(invoke(other, doing("count")).payload, "1");
}

TEST_F(Pool, InvokeWaitsForMemory) {
  open_pool({.memory_max_mb = 128, .memory_wait = std::chrono::seconds(20)});
  auto running = begin_invoke(native("busy"), doing("sleep", "1"));
  while (pool->counts().busy == 0) std::this_thread::yield();
  EXPECT_EQ(invoke(native("other"), doing("count")).payload, "1");
  answer_of(running.get());
}

TEST_F(Pool, FunctionLargerThanAllMemoryIsRefused) {
  open_pool({.memory_max_mb = 100});
  const auto result = invoke_any(native(), "{}");
  ASSERT_TRUE(std::holds_alternative<InvokeFailed>(result));
  EXPECT_NE(std::get<InvokeFailed>(result).reason.find("MemorySize of 128 MB"), std::string::npos);
  EXPECT_EQ(pool->counts().refused, 1u);
}

TEST_F(Pool, AgedEnvironmentIsReplaced) {
  open_pool({.age_max = std::chrono::seconds(1)});
  const auto function = native();
  EXPECT_EQ(invoke(function, doing("count")).payload, "1");
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  EXPECT_EQ(invoke(function, doing("count")).payload, "1");
}

TEST_F(Pool, EnvironmentEndsBeforeItsCredentials) {
  PoolOptions options;
  options.credentials = [this](const FunctionSpec&) {
    Credentials credentials{"key", "secret", "token"};
    credentials.expires = clock.now() + std::chrono::seconds(21);  // a second more than the function's timeout
    return credentials;
  };
  open_pool(std::move(options));
  const auto function = native();
  EXPECT_EQ(invoke(function, doing("count")).payload, "1");
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  EXPECT_EQ(invoke(function, doing("count")).payload, "1");
  auto longer = std::make_shared<FunctionSpec>(*function);
  longer->timeout = std::chrono::seconds(60);
  longer->revision = "2";
  EXPECT_EQ(invoke(longer, doing("count")).payload, "1") << "serves once though they will not last";
}

}  // namespace
}  // namespace brume::lambda
