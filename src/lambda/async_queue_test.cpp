// What becomes of asynchronous invokes: in which order they run, how often, and what survives.
#include "lambda/async_queue.h"

#include <gtest/gtest.h>

#include <map>

#include "base/bytes.h"
#include "lambda/keys.h"
#include "lambda/testing/failing_store.h"
#include "store/testing/temporary_store.h"

namespace brume::lambda {
namespace {

FunctionId function_of(const std::string& name) { return {"000000000000", "us-east-1", name}; }
InvokeAnswer answer(FunctionError error) {
  InvokeAnswer out;
  out.error = error;
  return out;
}

/// All on one thread: the loop turns only while a test waits.
class Queue : public ::testing::Test {
 protected:
  Queue() { open(); }
  ~Queue() override { shut(); }

  void open() {
    auto run = [this](const AsyncInvoke& invoke) { return run_one(invoke); };
    queue = std::make_unique<AsyncQueue>(store, loop.get_executor(), clock, run,
                                         AsyncQueueOptions{.running_max = 8,
                                                           .look_interval = std::chrono::milliseconds(5),
                                                           .backoff_min = std::chrono::milliseconds(5),
                                                           .backoff_max = std::chrono::milliseconds(20)});
  }
  void shut() {
    hold = false;
    await(queue->close());
    queue.reset();
  }

  Task<std::optional<InvokeResult>> run_one(AsyncInvoke invoke) {
    ran.push_back(invoke.request_id);
    ++open_now[invoke.function.name];
    while (hold && (held.empty() || invoke.function.name == held)) co_await sleep_for(std::chrono::milliseconds(1));
    --open_now[invoke.function.name];
    co_return outcome;
  }

  template <class Done>
  bool until(Done done, std::chrono::milliseconds most = std::chrono::seconds(20)) {
    const auto give_up = std::chrono::steady_clock::now() + most;
    while (!done() && std::chrono::steady_clock::now() < give_up) {
      loop.restart();
      loop.run_for(std::chrono::milliseconds(1));
    }
    return done();
  }
  void turn(std::chrono::milliseconds time) {
    until([] { return false; }, time);
  }
  void await(Task<> task) {
    bool ended = false;
    std::exception_ptr error;
    asio::co_spawn(loop.get_executor(), std::move(task), [&](std::exception_ptr e) {
      ended = true;
      error = e;
    });
    EXPECT_TRUE(until([&] { return ended; }));
    if (error) std::rethrow_exception(error);
  }

  void accept(const std::string& function, const std::string& id) {
    AsyncInvoke invoke;
    invoke.function = function_of(function);
    invoke.request_id = id;
    invoke.payload = "{}";
    await(queue->accept(std::move(invoke)));
  }
  void put(const std::string& key, const std::string& value) {
    auto body = [&](store::Transaction& transaction) { transaction.put(key, value); };
    store::testing::run_task(store.run(store::lock_on(key), body));
  }
  std::size_t count(const store::Range& range) {
    std::size_t out = 0;
    auto body = [&](store::Reader& reader) {
      std::size_t found = 0;
      for (auto cursor = reader.scan(range); cursor->valid(); cursor->next()) ++found;
      return found;
    };
    out = store::testing::run_task(store.read(body));
    return out;
  }
  std::size_t times(const std::string& id) const {
    return static_cast<std::size_t>(std::count(ran.begin(), ran.end(), id));
  }

  store::testing::TemporaryStore real;
  testing::FailingStore store{*real};
  ManualClock clock;
  asio::io_context loop{1};
  std::vector<std::string> ran;
  std::map<std::string, int> open_now;
  bool hold = false;
  std::string held;  ///< the function that does not end while `hold`; "": every one
  std::optional<InvokeResult> outcome = answer(FunctionError::none);
  std::unique_ptr<AsyncQueue> queue;
};

TEST_F(Queue, RunsOnceAndForgets) {
  await(queue->open());
  accept("f", "one");
  EXPECT_TRUE(until([&] { return count(async_records()) == 0; }));
  turn(std::chrono::milliseconds(50));
  EXPECT_EQ(times("one"), 1u);
}

TEST_F(Queue, FunctionErrorIsTriedTwiceMoreThenDropped) {
  outcome = answer(FunctionError::unhandled);
  await(queue->open());
  accept("f", "one");
  EXPECT_TRUE(until([&] { return ran.size() == 1; }));
  turn(std::chrono::milliseconds(50));
  EXPECT_EQ(ran.size(), 1u) << "not before its time";
  clock.advance(std::chrono::minutes(1));
  EXPECT_TRUE(until([&] { return ran.size() == 2; }));
  turn(std::chrono::milliseconds(50));
  clock.advance(std::chrono::minutes(1));
  turn(std::chrono::milliseconds(50));
  EXPECT_EQ(ran.size(), 2u);
  clock.advance(std::chrono::minutes(1));
  EXPECT_TRUE(until([&] { return ran.size() == 3 && count(async_records()) == 0; }));
}

TEST_F(Queue, ThrottledInvokeIsDroppedAfterSixHours) {
  outcome = InvokeThrottled{InvokeThrottled::Reason::concurrent_invocation_limit_exceeded};
  await(queue->open());
  accept("f", "one");
  EXPECT_TRUE(until([&] { return ran.size() == 1; }));
  turn(std::chrono::milliseconds(50));
  EXPECT_EQ(count(async_records()), 1u);
  clock.advance(std::chrono::hours(6));
  EXPECT_TRUE(until([&] { return count(async_records()) == 0; }));
  EXPECT_EQ(ran.size(), 2u);
}

TEST_F(Queue, WhatWasAcceptedSurvivesARestart) {
  accept("f", "one");  // never started
  accept("g", "two");
  shut();
  EXPECT_EQ(count(async_records()), 2u);
  open();
  await(queue->open());
  EXPECT_TRUE(until([&] { return count(async_records()) == 0; }));
  EXPECT_EQ(times("one") + times("two"), 2u);
}

TEST_F(Queue, RecordsOfAFormerVersionAreTakenOver) {
  AsyncInvoke invoke;
  invoke.function = function_of("f");
  invoke.request_id = "old";
  std::string key = former_async_records().begin;
  append_big_endian(key, static_cast<std::uint64_t>(unix_millis(clock.now())));
  put(key + "old", invoke.serialize());
  await(queue->open());
  EXPECT_TRUE(until([&] { return times("old") == 1 && count(async_records()) == 0; }));
  EXPECT_EQ(count(former_async_records()), 0u);
}

TEST_F(Queue, SlowFunctionLeavesPlacesForOthers) {
  hold = true;
  held = "slow";
  await(queue->open());
  for (int i = 0; i < 50; ++i) accept("slow", "slow-" + std::to_string(i));
  EXPECT_TRUE(until([&] { return open_now["slow"] == 4; }));
  for (int i = 0; i < 20; ++i) accept("quick", "quick-" + std::to_string(i));
  EXPECT_TRUE(until([&] { return count(async_records_of(function_of("quick"))) == 0; }));
  EXPECT_EQ(open_now["slow"], 4) << "half of all places";
  hold = false;
  EXPECT_TRUE(until([&] { return count(async_records()) == 0; }));
  EXPECT_EQ(ran.size(), 70u) << "each once";
}

TEST_F(Queue, MalformedRecordIsSetAside) {
  put(async_key(function_of("f"), 1, "bad"), "no record");
  put(async_records().begin + "no-function", "no record");
  AsyncInvoke other;
  other.function = function_of("another");
  put(async_key(function_of("f"), 2, "stray"), other.serialize());
  await(queue->open());
  accept("f", "good");
  EXPECT_TRUE(until([&] { return count(async_records()) == 0; }));
  EXPECT_EQ(ran, std::vector<std::string>{"good"});
  EXPECT_EQ(count(quarantined_records()), 3u);
  EXPECT_EQ(queue->counts().set_aside, 3u);
}

TEST_F(Queue, FailuresCountOnAfterARestart) {
  outcome = answer(FunctionError::unhandled);
  await(queue->open());
  accept("f", "one");
  for (std::size_t attempt = 1; attempt <= 3; ++attempt) {
    EXPECT_TRUE(until([&] { return ran.size() == attempt && queue->counts().running == 0; }));
    shut();
    open();
    await(queue->open());
    turn(std::chrono::milliseconds(30));
    EXPECT_EQ(ran.size(), attempt);
    clock.advance(std::chrono::minutes(2));
  }
  turn(std::chrono::milliseconds(50));
  EXPECT_EQ(ran.size(), 3u);
  EXPECT_EQ(queue->counts().queued, 0u);
}

/// It stops here as a server that dies: what runs is not recorded.
TEST_F(Queue, WhatEndsTheServerEachTimeWaitsLongerAndIsSetAside) {
  await(queue->open());
  hold = true;
  accept("f", "one");
  std::vector<std::chrono::seconds> waits;
  for (std::size_t death = 1; death <= 8; ++death) {
    EXPECT_TRUE(until([&] { return ran.size() == death; })) << death;
    store.failing = true;
    shut();
    store.failing = false;
    EXPECT_EQ(count(started_async_records()), 1u);
    hold = true;
    open();
    await(queue->open());
    std::chrono::seconds waited{0};
    for (; death > 1 && ran.size() == death; ++waited) {
      turn(std::chrono::milliseconds(20));
      clock.advance(std::chrono::seconds(1));
    }
    waits.push_back(waited);
  }
  EXPECT_LE(waits[1].count(), 3) << "after a second";
  EXPECT_GE(waits[4].count(), 8);
  EXPECT_GE(waits[6].count(), 32);
  EXPECT_EQ(queue->counts().set_aside, 0u) << "not while it is young";
  store.failing = true;
  shut();
  store.failing = false;
  clock.advance(std::chrono::hours(6));
  open();
  await(queue->open());
  clock.advance(std::chrono::minutes(5));
  EXPECT_TRUE(until([&] { return count(async_records()) == 0; }));
  EXPECT_EQ(ran.size(), 9u);
  EXPECT_EQ(count(quarantined_records()), 1u);
  EXPECT_EQ(count(started_async_records()), 0u);
  EXPECT_EQ(queue->counts().set_aside, 1u);
  EXPECT_EQ(queue->counts().queued, 0u);
}

TEST_F(Queue, CountsTellWhatThereIs) {
  accept("f", "left");  // by an earlier run
  shut();
  open();
  hold = true;
  await(queue->open());
  EXPECT_EQ(queue->counts().queued, 1u);
  for (int i = 0; i < 20; ++i) accept("f", "n" + std::to_string(i));
  EXPECT_TRUE(until([&] { return queue->counts().running == 4; }));
  EXPECT_EQ(queue->counts().queued, 21u);
  clock.advance(std::chrono::seconds(7));
  EXPECT_EQ(queue->counts().overdue, std::chrono::seconds(7));
  hold = false;
  EXPECT_TRUE(until([&] { return queue->counts().queued == 0; }));
  EXPECT_EQ(queue->counts().overdue.count(), 0);
  EXPECT_EQ(queue->counts().attempts, 21u);
  outcome = answer(FunctionError::unhandled);
  accept("f", "errs");
  EXPECT_TRUE(until([&] { return queue->counts().attempts == 22 && queue->counts().running == 0; }));
  EXPECT_EQ(queue->counts().queued, 1u) << "to be tried again";
  EXPECT_EQ(queue->counts().overdue.count(), 0);
  clock.advance(std::chrono::minutes(1));
  EXPECT_TRUE(until([&] { return queue->counts().attempts == 23 && queue->counts().running == 0; }));
  clock.advance(std::chrono::minutes(2));
  EXPECT_TRUE(until([&] { return queue->counts().exhausted == 1 && queue->counts().queued == 0; }));
  outcome = std::nullopt;
  accept("gone", "nobody");
  EXPECT_TRUE(until([&] { return queue->counts().gone == 1 && queue->counts().queued == 0; }));
}

TEST_F(Queue, UnrecordedOutcomeIsOfferedAgainNotRunAgain) {
  hold = true;
  await(queue->open());
  accept("f", "one");
  accept("g", "two");
  accept("g", "three");
  EXPECT_TRUE(until([&] { return ran.size() == 3; }));
  store.failing = true;
  hold = false;
  EXPECT_TRUE(until([&] { return queue->counts().unrecorded == 3; }));
  turn(std::chrono::milliseconds(200));
  EXPECT_EQ(ran.size(), 3u);
  EXPECT_GE(store.refused, 6u) << "offered again";
  EXPECT_LE(store.refused, 3u * 40) << "with pauses";
  store.failing = false;
  EXPECT_TRUE(until([&] { return count(async_records()) == 0; }));
  EXPECT_EQ(ran.size(), 3u);
  EXPECT_EQ(queue->counts().unrecorded, 0u);
}

TEST_F(Queue, NothingStartsWhileOutcomesCannotBeRecorded) {
  accept("f", "one");
  for (int i = 0; i < 20; ++i) accept("g", "later-" + std::to_string(i));
  store.failing = true;
  await(queue->open());
  turn(std::chrono::milliseconds(200));
  EXPECT_LE(ran.size(), 8u) << "those that were under way";
  const std::size_t before = ran.size();
  turn(std::chrono::milliseconds(100));
  EXPECT_EQ(ran.size(), before);
  store.failing = false;
  EXPECT_TRUE(until([&] { return count(async_records()) == 0; }));
  EXPECT_EQ(ran.size(), 21u) << "each once";
}

TEST_F(Queue, ClosesWhileTheStoreFails) {
  hold = true;
  await(queue->open());
  accept("f", "one");
  EXPECT_TRUE(until([&] { return ran.size() == 1; }));
  store.failing = true;
  shut();
  store.failing = false;
  open();
  await(queue->open());
  EXPECT_TRUE(until([&] { return count(async_records()) == 0; }));
  EXPECT_EQ(times("one"), 2u) << "at least once";
}

}  // namespace
}  // namespace brume::lambda
