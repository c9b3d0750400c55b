#include "store/commit_versions.h"

#include <gtest/gtest.h>

namespace brume::store {
namespace {

TEST(CommitVersions, VisibleUpToTheOldestInFlight) {
  CommitVersions versions(10, 100);
  EXPECT_EQ(versions.visible(), 9u);
  EXPECT_EQ(versions.try_assign(), 10u);
  EXPECT_EQ(versions.try_assign(), 11u);
  EXPECT_EQ(versions.try_assign(), 12u);
  EXPECT_EQ(versions.visible(), 9u);
  versions.finish(11);
  EXPECT_EQ(versions.visible(), 9u);
  versions.finish(10);
  EXPECT_EQ(versions.visible(), 11u);
  versions.finish(12);
  EXPECT_EQ(versions.visible(), 12u);
}

TEST(CommitVersions, StopsAtTheLimitUntilItIsRaised) {
  CommitVersions versions(1, 3);
  EXPECT_EQ(versions.try_assign(), 1u);
  EXPECT_EQ(versions.try_assign(), 2u);
  EXPECT_EQ(versions.try_assign(), 0u);
  versions.raise_limit(4);
  EXPECT_EQ(versions.try_assign(), 3u);
  EXPECT_EQ(versions.try_assign(), 0u);
  EXPECT_EQ(versions.next(), 4u);
}

}  // namespace
}  // namespace brume::store
