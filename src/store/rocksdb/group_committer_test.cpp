#include "store/rocksdb/group_committer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <string>

#include "base/loops.h"

namespace brume::store {
namespace {

Task<> commit(GroupCommitter& committer, std::promise<void>& done) {
  WriteSet writes;
  writes.put("key", "value");
  CommitEntry entry(co_await this_loop, writes, 0);
  co_await committer.commit(entry);
  done.set_value();
}

TEST(GroupCommitter, ACommitDoesNotWaitForTheTurnOfAnotherLoop) {
  Loops loops(2);
  loops.start();
  {
    GroupCommitter committer([](CommitGroup) { return rocksdb::Status::OK(); });
    std::promise<void> first, second, release, held;
    // Loop 0 hands in a commit and is then busy before it gets to start the group.
    asio::post(loops.executor(0), [&] {
      spawn(loops.executor(0), commit(committer, first));
      asio::post(loops.executor(0), [&] {
        held.set_value();
        release.get_future().wait();
      });
    });
    held.get_future().wait();
    spawn(loops.executor(1), commit(committer, second));
    EXPECT_EQ(second.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
    release.set_value();
    first.get_future().wait();
  }
}

TEST(GroupCommitter, TakesOverEntriesThatWaitAlready) {
  Loops loops(1);
  loops.start();
  {
    std::atomic<std::size_t> written = 0;
    GroupCommitter committer([&](CommitGroup group) {
      written += group.size();
      return rocksdb::Status::OK();
    });
    std::promise<void> done;
    auto waits = [](GroupCommitter& c, std::promise<void>& d) -> Task<> {
      WriteSet writes;
      writes.put("key", "value");
      CommitEntry entry(co_await this_loop, writes, 0);
      co_await suspend(entry.waiter, [&](Waiter&) {
        CommitEntry* const group[] = {&entry};
        c.take_over(group);
      });
      d.set_value();
    };
    spawn(loops.executor(0), waits(committer, done));
    ASSERT_EQ(done.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
    EXPECT_EQ(written, 1u);
  }
}

}  // namespace
}  // namespace brume::store
