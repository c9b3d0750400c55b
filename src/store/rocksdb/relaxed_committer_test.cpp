#include "store/rocksdb/relaxed_committer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace brume::store {
namespace {

using MayWait = RelaxedCommitter::MayWait;

/// Notes the sizes of the groups it is given.
class Log {
 public:
  RelaxedCommitter::Write writer() {
    return [this](CommitGroup group, MayWait wait) {
      threads.push_back(std::this_thread::get_id());
      if (wait == MayWait::no && must_wait) return rocksdb::Status::Incomplete();
      if (failing) return rocksdb::Status::IOError("broken");
      groups.push_back(group.size());
      return rocksdb::Status::OK();
    };
  }
  std::vector<std::size_t> groups;
  std::vector<std::thread::id> threads;
  std::atomic<bool> quiet = true;
  bool must_wait = false;
  bool failing = false;
};

struct Outcome {
  int done = 0;
  int failed = 0;
};

Task<> commit(RelaxedCommitter& committer, std::size_t bytes, int times, Outcome& outcome) {
  WriteSet writes;
  writes.put("key", std::string(bytes, 'v'));
  for (int i = 0; i < times; ++i) {
    CommitEntry entry(co_await this_loop, writes, 0);
    co_await committer.commit(entry);
    ++outcome.done;
    outcome.failed += entry.failed;
  }
}

class RelaxedCommitterTest : public ::testing::Test {
 protected:
  void run(int coroutines, int times, std::size_t bytes = 100) {
    loop_.restart();
    for (int i = 0; i < coroutines; ++i) spawn(loop_.get_executor(), commit(committer_, bytes, times, outcome_));
    auto guard = asio::make_work_guard(loop_);
    while (outcome_.done < coroutines * times) loop_.run_one();
    guard.reset();
    loop_.run();
  }

  /// The committer's thread answers before it is idle again, and until it is, nothing is tried here: so, several times.
  bool written_here_in_the_end() {
    for (int i = 0; i < 5000; ++i) {
      outcome_ = {};
      run(1, 1);
      if (log_.threads.back() == std::this_thread::get_id()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }

  Log log_;
  RelaxedCommitter committer_{[this] { return log_.quiet.load(); }, log_.writer()};
  asio::io_context loop_{1};
  Outcome outcome_;
};

TEST_F(RelaxedCommitterTest, WhatIsReadyInOneTurnIsOneWrite) {
  run(64, 3);
  EXPECT_EQ(log_.groups, (std::vector<std::size_t>{64, 64, 64}));
  EXPECT_EQ(outcome_.failed, 0);
}

TEST_F(RelaxedCommitterTest, LoneWriterSoonWritesAtOnceAndCompanyIsNoticed) {
  constexpr int kProbe = static_cast<int>(RelaxedCommitter::kProbeEvery);
  run(1, 4 * kProbe);
  EXPECT_EQ(log_.groups, std::vector<std::size_t>(4 * kProbe, 1));
  log_.groups.clear();
  outcome_ = {};
  run(8, 20);
  ASSERT_GE(log_.groups.size(), 19u);
  EXPECT_EQ(log_.groups.back(), 8u);
  EXPECT_LE(log_.groups.size(), 20u + 2 * kProbe);
}

TEST_F(RelaxedCommitterTest, LargeBatchesTakeNoMoreIn) {
  run(10, 1, RelaxedCommitter::kBatchBytesMax / 2);
  EXPECT_EQ(log_.groups, (std::vector<std::size_t>{2, 2, 2, 2, 2}));
}

TEST_F(RelaxedCommitterTest, FailureMeetsAllOfTheGroup) {
  log_.failing = true;
  run(5, 1);
  EXPECT_EQ(outcome_.failed, 5);
}

TEST_F(RelaxedCommitterTest, WriteThatWouldWaitGoesToTheThread) {
  log_.must_wait = true;
  run(5, 1);  // the committer's first, so its thread is idle
  EXPECT_EQ(log_.groups, std::vector<std::size_t>{5});
  ASSERT_EQ(log_.threads.size(), 2u);
  EXPECT_EQ(log_.threads[0], std::this_thread::get_id());
  EXPECT_NE(log_.threads[1], std::this_thread::get_id());

  outcome_ = {};
  log_.threads.clear();
  run(1, 2 * static_cast<int>(RelaxedCommitter::kProbeEvery));  // a lone writer's as well
  EXPECT_EQ(outcome_.failed, 0);
  // Each is written once by the thread. A write that comes while the thread still ends the one before isn't tried here.
  const auto off_loop = std::count_if(log_.threads.begin(), log_.threads.end(),
                                      [](std::thread::id thread) { return thread != std::this_thread::get_id(); });
  EXPECT_EQ(off_loop, 2 * static_cast<int>(RelaxedCommitter::kProbeEvery));
}

TEST_F(RelaxedCommitterTest, NothingIsWrittenOnALoopWhileItMayBlock) {
  log_.quiet = false;
  run(5, 1);
  run(1, 2 * static_cast<int>(RelaxedCommitter::kProbeEvery));
  EXPECT_EQ(log_.groups.front(), 5u) << "the batch stays one write";
  for (const std::thread::id thread : log_.threads) EXPECT_NE(thread, std::this_thread::get_id());
  log_.quiet = true;
  EXPECT_TRUE(written_here_in_the_end()) << "the loop writes again as soon as nothing blocks it";
}

TEST_F(RelaxedCommitterTest, LoopThatEndsDestroysWhatWaits) {
  {
    asio::io_context dropped(1);
    for (int i = 0; i < 3; ++i) spawn(dropped.get_executor(), commit(committer_, 100, 1, outcome_));
    for (int i = 0; i < 3; ++i) dropped.poll_one();
  }
  EXPECT_EQ(outcome_.done, 0);
  EXPECT_TRUE(log_.groups.empty());
  run(2, 1);
  EXPECT_EQ(log_.groups, std::vector<std::size_t>{2}) << "a batch of the loop that is gone takes part";
}

}  // namespace
}  // namespace brume::store
