#include "cluster/leases.h"

#include <gtest/gtest.h>

#include "cluster/keys.h"
#include "store/testing/temporary_store.h"

namespace brume::cluster {
namespace {

using store::testing::run_task;
using std::chrono::milliseconds;

/// A node that beats when it is told to.
struct TestNode {
  TestNode(store::Store& store, const Clock& clock, std::string id, bool alone = false)
      : random(std::hash<std::string>()(id) + ++lives),
        nodes(store, clock, random, {.id = std::move(id), .address = "127.0.0.1:1", .alone = alone}),
        leases(store, nodes) {
    run_task(nodes.beat());
  }

  std::optional<Lease> take(std::string name) { return run_task(leases.take(std::move(name))).lease; }

  static inline std::uint64_t lives = 0;
  SeededRandom random;
  Nodes nodes;
  Leases leases;
};

struct LeasesTest : ::testing::Test {
  store::testing::TemporaryStore store;
  ManualClock clock;

  TestNode node(std::string id) { return TestNode(*store, clock, std::move(id)); }
  /// Whether a commit under the lease goes through.
  bool commits(const Lease& lease) {
    try {
      auto body = [&lease](store::Transaction& transaction) {
        lease.check(transaction);
        transaction.put("d-work", lease.name);
      };
      run_task(store->run({lease.key}, body));
    } catch (const LeaseLost&) {
      return false;
    }
    return true;
  }
  void pass(milliseconds time, std::initializer_list<TestNode*> alive) {
    for (milliseconds gone{0}; gone < time; gone += milliseconds(1000)) {
      clock.advance(milliseconds(1000));
      for (TestNode* node : alive) run_task(node->nodes.beat());
    }
  }
};

TEST_F(LeasesTest, AreHeldByOneNodeAtATime) {
  TestNode a(*store, clock, "a"), b(*store, clock, "b");
  const auto lease = a.take("work");
  ASSERT_TRUE(lease);
  EXPECT_TRUE(commits(*lease));
  EXPECT_EQ(run_task(b.leases.take("work")).failure, TakeFailure::held_elsewhere);
  EXPECT_EQ(run_task(a.leases.take("work")).failure, TakeFailure::held_here);
  EXPECT_TRUE(b.take("other work"));
  pass(milliseconds(60'000), {&a, &b});
  EXPECT_FALSE(b.take("work")) << "a lives";
  EXPECT_TRUE(commits(*lease));
}

TEST_F(LeasesTest, OneThatIsGivenUpIsFreeAtOnce) {
  TestNode a(*store, clock, "a"), b(*store, clock, "b");
  const auto first = a.take("work");
  run_task(a.leases.give_up(*first));
  EXPECT_FALSE(commits(*first));
  const auto second = b.take("work");
  ASSERT_TRUE(second);
  EXPECT_GT(second->fence, first->fence);
  run_task(a.leases.give_up(*first));  // again, too late
  EXPECT_TRUE(commits(*second));
  run_task(b.leases.give_up(*second));
  EXPECT_GT(a.take("work")->fence, second->fence) << "it rises though nothing of the lease is left";
}

TEST_F(LeasesTest, OfASilentNodeAreTakenOverAndItsCommitsRefused) {
  TestNode a(*store, clock, "a"), b(*store, clock, "b");
  const auto first = a.take("work");
  pass(milliseconds(4000), {&b});
  EXPECT_FALSE(b.take("work")) << "it may yet beat";
  pass(milliseconds(2000), {&b});
  const auto second = b.take("work");
  ASSERT_TRUE(second);
  EXPECT_TRUE(commits(*second));
  EXPECT_FALSE(commits(*first)) << "a was only slow, and is fenced off";
  run_task(a.nodes.beat());
  EXPECT_FALSE(commits(*first));
  a.leases.forget(*first);
  EXPECT_FALSE(a.take("work"));
}

TEST_F(LeasesTest, ANodeJustArrivedWaitsTheWholeSilence) {
  std::optional<TestNode> a(std::in_place, *store, clock, "a");
  ASSERT_TRUE(a->take("work"));
  clock.advance(std::chrono::hours(1));  // by the wall clock a is silent since long
  TestNode b(*store, clock, "b");
  EXPECT_FALSE(b.take("work"));
  pass(milliseconds(5000), {&b});
  EXPECT_TRUE(b.take("work"));
}

TEST_F(LeasesTest, OfAFormerLifeAreFreeAtOnce) {
  std::optional<TestNode> a(std::in_place, *store, clock, "a");
  const auto first = a->take("work");
  a.reset();  // as by a crash
  TestNode again(*store, clock, "a");
  const auto second = again.take("work");
  ASSERT_TRUE(second);
  EXPECT_FALSE(commits(*first));
}

TEST_F(LeasesTest, OfANodeThatLeftAreFreeAtOnce) {
  TestNode a(*store, clock, "a"), b(*store, clock, "b");
  ASSERT_TRUE(a.take("work"));
  run_task(a.nodes.close());
  EXPECT_TRUE(b.take("work"));
}

TEST_F(LeasesTest, WhoIsAloneWaitsForNobody) {
  std::optional<TestNode> before(std::in_place, *store, clock, "elsewhere");
  ASSERT_TRUE(before->take("work"));
  TestNode alone(*store, clock, "here", true);
  EXPECT_TRUE(alone.take("work"));
}

TEST_F(LeasesTest, NodesAreListedWhileTheyRun) {
  TestNode a(*store, clock, "a"), b(*store, clock, "b");
  run_task(b.nodes.beat());
  std::vector<NodeRecord> nodes = run_task(a.nodes.list());
  ASSERT_EQ(nodes.size(), 2u);
  EXPECT_EQ(nodes[0].name(), a.nodes.self());
  EXPECT_EQ(nodes[1].id, "b");
  EXPECT_EQ(nodes[1].address, "127.0.0.1:1");
  EXPECT_EQ(nodes[1].beat, 2u);
  run_task(b.nodes.close());
  EXPECT_EQ(run_task(a.nodes.list()).size(), 1u);
}

}  // namespace
}  // namespace brume::cluster
