#include "cluster/job.h"

#include <gtest/gtest.h>

#include <random>
#include <stdexcept>
#include <string>

#include "store/testing/temporary_store.h"

namespace brume::cluster {
namespace {

using store::testing::run_task;
using std::chrono::milliseconds;

/// One loop on the test's own thread, with time passed in where leases look at it.
struct JobTest : ::testing::Test {
  struct Node {
    Node(JobTest& test, std::string id)
        : random(std::hash<std::string>()(id)),
          nodes(*test.store, test.clock, random, {.id = std::move(id), .address = ""}),
          leases(*test.store, nodes),
          jobs(*test.store, leases) {
      run_task(nodes.beat());
      jobs.open(test.loop.get_executor());
    }
    SeededRandom random;
    Nodes nodes;
    Leases leases;
    Jobs jobs;
  };

  store::testing::TemporaryStore store;
  ManualClock clock;
  asio::io_context loop{1};
  asio::executor_work_guard<LoopExecutor> guard{loop.get_executor()};

  /// Runs the loop until `done`, for half a minute at most.
  template <class F>
  bool run_until(F done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!done() && std::chrono::steady_clock::now() < end) loop.run_one_for(milliseconds(20));
    return done();
  }
  void close(Jobs& jobs) {
    bool closed = false;
    spawn(loop.get_executor(), close_and_tell(jobs, closed));
    ASSERT_TRUE(run_until([&] { return closed; }));
  }
  static Task<> close_and_tell(Jobs& jobs, bool& closed) {
    co_await jobs.close();
    closed = true;
  }
  std::string value(std::string_view key) {
    std::string found;
    return run_task(store->get(key, found)) ? found : "none";
  }
};

/// Appends the node's name to a record, once a run.
JobWork append(std::string text, int& runs) {
  return [text, &runs](Job& job) -> Task<> {
    auto body = [&text](store::Transaction& transaction) {
      std::string value;
      if (!transaction.get("d-log", value)) value.clear();
      transaction.put("d-log", value + text);
    };
    co_await job.commit(store::lock_on("d-log"), body);
    ++runs;
  };
}

constexpr JobScope kScopes[] = {JobScope::cluster, JobScope::node};

TEST_F(JobTest, RepeatsUntilItIsClosed) {
  for (const JobScope scope : kScopes) {
    Node a(*this, "a");
    int runs = 0;
    a.jobs.repeat({.name = "t/work", .scope = scope, .interval = milliseconds(1)}, append("a", runs));
    ASSERT_TRUE(run_until([&] { return runs >= 3; }));
    close(a.jobs);
    const int at_close = runs;
    loop.run_for(milliseconds(20));
    EXPECT_EQ(runs, at_close);
    EXPECT_FALSE(a.jobs.repeat({.name = "t/late"}, append("a", runs)));
  }
}

TEST_F(JobTest, OneNodeAloneDoesItAndTheOtherTakesItOver) {
  Node a(*this, "a"), b(*this, "b");
  int by_a = 0, by_b = 0;
  const JobPlan plan{.name = "t/work", .interval = milliseconds(1)};
  a.jobs.repeat(plan, append("a", by_a));
  ASSERT_TRUE(run_until([&] { return by_a >= 1; }));
  b.jobs.repeat(plan, append("b", by_b));
  ASSERT_TRUE(run_until([&] { return by_a >= 20; }));
  EXPECT_EQ(by_b, 0);
  close(a.jobs);  // gives the lease up
  const int at_close = by_a;
  ASSERT_TRUE(run_until([&] { return by_b >= 3; }));
  EXPECT_EQ(by_a, at_close);
  close(b.jobs);
  EXPECT_EQ(value("d-log"),
            std::string(static_cast<std::size_t>(by_a), 'a') + std::string(static_cast<std::size_t>(by_b), 'b'));
}

// A node that is taken for dead goes on without knowing it: its commit is refused, and it waits for the lease.
TEST_F(JobTest, WhoWasTakenForDeadCommitsNothing) {
  Node a(*this, "a"), b(*this, "b");
  bool first_run = false, go = false, refused = false;
  a.jobs.repeat({.name = "t/work", .interval = milliseconds(1)}, [&](Job& job) -> Task<> {
    first_run = true;
    while (!go) co_await job.rest(milliseconds(1));
    auto body = [](store::Transaction& transaction) { transaction.put("d-log", "by a"); };
    try {
      co_await job.commit({}, body);
    } catch (const LeaseLost&) {
      refused = true;
      throw;
    }
  });
  ASSERT_TRUE(run_until([&] { return first_run; }));
  for (int i = 0; i < 7; ++i) {
    clock.advance(milliseconds(1000));
    run_task(b.nodes.beat());
  }
  int by_b = 0;
  b.jobs.repeat({.name = "t/work", .interval = milliseconds(1)}, append("b", by_b));
  ASSERT_TRUE(run_until([&] { return by_b >= 1; }));
  go = true;
  ASSERT_TRUE(run_until([&] { return refused; }));
  EXPECT_EQ(value("d-log").find("by a"), std::string::npos);
  close(a.jobs);
  close(b.jobs);
}

/// Adds one to a number and the node's letter to a line, in one commit; counts what was told of the outcome.
struct Tally {
  int succeeded = 0, unknown = 0;
};
JobWork add_one(char node, Tally& tally) {
  return [node, &tally](Job& job) -> Task<> {
    auto body = [node](store::Transaction& transaction) {
      std::string line;
      if (!transaction.get("d-line", line)) line.clear();
      transaction.put("d-line", line + node);
    };
    bool unknown = false;
    try {
      co_await job.commit(store::lock_on("d-line"), body);
      ++tally.succeeded;
    } catch (const store::StoreError& error) {
      unknown = error.kind() == store::StoreError::Kind::unknown;
      if (!unknown && error.kind() != store::StoreError::Kind::transient) throw;
    }
    if (unknown) ++tally.unknown;
  };
}

// Nodes come and go on an engine whose transactions fail and whose outcomes are doubtful: the job is in one hand at a
// time, and no run of it is lost or happens twice.
TEST_F(JobTest, GoesFromHandToHandOnAStoreThatFails) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Tally tally;
  std::string expected_order;
  for (int round = 0; round < 6; ++round) {
    store::testing::UnrulyStore view(
        *store, {.seed = seed + static_cast<std::uint64_t>(round), .transient = 10, .unknown = 10});
    const char name = static_cast<char>('a' + round);
    SeededRandom random(seed + static_cast<std::uint64_t>(round));
    Nodes nodes(view, clock, random, {.id = std::string(1, name), .address = ""});
    for (bool entered = false; !entered;) {
      try {
        run_task(nodes.beat());
        entered = true;
      } catch (const store::StoreError&) {}
    }
    Leases leases(view, nodes);
    Jobs jobs(view, leases);
    jobs.open(loop.get_executor());
    const int before = tally.succeeded;
    jobs.repeat({.name = "t/work", .interval = milliseconds(1)}, add_one(name, tally));
    ASSERT_TRUE(run_until([&] { return tally.succeeded >= before + 5; }));
    close(jobs);
    for (bool left = false; !left;) {  // else the next one waits for its silence, which nobody measures here
      try {
        run_task(nodes.close());
        left = true;
      } catch (const store::StoreError&) {}
    }
    expected_order += name;
  }
  const std::string line = value("d-line");
  EXPECT_GE(static_cast<int>(line.size()), tally.succeeded);
  EXPECT_LE(static_cast<int>(line.size()), tally.succeeded + tally.unknown);
  std::string order;
  for (const char node : line)
    if (order.empty() || order.back() != node) order += node;
  EXPECT_EQ(order, expected_order);
}

TEST_F(JobTest, WorkThatFailsIsTriedAgainUntilItIsDone) {
  for (const JobScope scope : kScopes) {
    Node a(*this, "a");
    int tries = 0;
    a.jobs.until_done({.name = "t/once", .scope = scope}, [&](Job&) -> Task<> {
      if (++tries == 1) throw std::runtime_error("not yet");
      co_return;
    });
    ASSERT_TRUE(run_until([&] { return tries == 2; }));
    loop.run_for(milliseconds(20));
    EXPECT_EQ(tries, 2);
    EXPECT_TRUE(run_task(a.leases.take("t/once")).lease) << "it was given up, or never taken";
    close(a.jobs);
  }
}

TEST_F(JobTest, GoesOnWhereTheLastCommitLeftIt) {
  std::vector<int> done;
  const auto work = [&](Job& job) -> Task<> {
    const std::string progress = co_await job.progress();
    for (int next = progress.empty() ? 0 : std::stoi(progress); next < 6 && !job.stopping(); ++next) {
      auto body = [&](store::Transaction& transaction) {
        job.set_progress(transaction, next == 5 ? std::string() : std::to_string(next + 1));
      };
      co_await job.commit({}, body);
      done.push_back(next);
      if (next == 2 && done.size() == 3) throw std::runtime_error("in the middle");
    }
  };
  for (const char* id : {"a", "b"}) {
    Node node(*this, id);
    node.jobs.until_done({.name = "t/once"}, work);
    ASSERT_TRUE(run_until([&] { return done.size() >= (id[0] == 'a' ? 3u : 6u); }));
    close(node.jobs);
  }
  EXPECT_EQ(done, (std::vector<int>{0, 1, 2, 3, 4, 5}));
}

TEST_F(JobTest, MayBeBegunOnItsOwnLoop) {
  Node a(*this, "a");
  bool ran = false;
  asio::post(loop, [&] {
    a.jobs.until_done({.name = "t/once", .scope = JobScope::node}, [&](Job&) -> Task<> {
      ran = true;
      co_return;
    });
  });
  EXPECT_TRUE(run_until([&] { return ran; }));
  close(a.jobs);
}

TEST_F(JobTest, WakingBeginsTheNextRun) {
  Node a(*this, "a");
  int runs = 0;
  const JobPtr job = a.jobs.repeat({.name = "t/work", .interval = std::chrono::hours(1)}, append("a", runs));
  ASSERT_TRUE(run_until([&] { return runs == 1; }));
  loop.run_for(milliseconds(20));
  EXPECT_EQ(runs, 1);
  job->wake();
  ASSERT_TRUE(run_until([&] { return runs == 2; }));
  close(a.jobs);
}

TEST_F(JobTest, OneThatWaitsForAnotherOfItsNameComesRightAfterIt) {
  Node a(*this, "a");
  bool go = false;
  int second = 0;
  a.jobs.until_done({.name = "t/once"}, [&](Job& job) -> Task<> {
    while (!go) co_await job.rest(milliseconds(1));
  });
  loop.run_for(milliseconds(20));
  a.jobs.until_done({.name = "t/once"}, append("a", second));
  loop.run_for(milliseconds(30));
  EXPECT_EQ(second, 0);
  go = true;
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_TRUE(run_until([&] { return second == 1; }));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, milliseconds(900));
  close(a.jobs);
}

}  // namespace
}  // namespace brume::cluster
