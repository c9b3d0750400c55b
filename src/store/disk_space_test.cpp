#include "store/disk_space.h"

#include <gtest/gtest.h>

namespace brume::store {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024, kGiB = 1024 * kMiB;

TEST(DiskSpace, ReserveFollowsTheSizeWithinBounds) {
  EXPECT_EQ(default_reserve(100 * kMiB), 100 * kMiB / 8);
  EXPECT_EQ(default_reserve(4 * kGiB), 256 * kMiB);
  EXPECT_EQ(default_reserve(40 * kGiB), 2 * kGiB);
  EXPECT_EQ(default_reserve(4096 * kGiB), 4 * kGiB);
}

TEST(DiskSpace, KnowsARealFolderAndTellsOfAnAbsentOne) {
  const auto room = room_of("/");
  ASSERT_TRUE(room);
  EXPECT_GT(room->total, 0u);
  EXPECT_LE(room->free, room->total);
  EXPECT_FALSE(room_of("/absent/folder"));
}

struct Disk {
  std::optional<Room> room = Room{1000 * kMiB, 10'000 * kMiB};
  std::uint64_t promised = 0;
  DiskSpace space{[this] { return room; }, 100 * kMiB};
  Disk() {
    space.set_promised([this] { return promised; });
  }
  SpaceLevel with_free(std::uint64_t mebibytes) {
    room->free = mebibytes * kMiB;
    return space.check();
  }
};

TEST(DiskSpace, LevelsFallAtTheirMarks) {
  Disk disk;
  EXPECT_EQ(disk.space.level(), SpaceLevel::ample);
  EXPECT_EQ(disk.with_free(200), SpaceLevel::ample);
  EXPECT_EQ(disk.with_free(199), SpaceLevel::low);
  EXPECT_EQ(disk.with_free(99), SpaceLevel::critical);
  EXPECT_EQ(disk.with_free(24), SpaceLevel::exhausted);
  EXPECT_EQ(disk.space.level(), SpaceLevel::exhausted);
}

TEST(DiskSpace, LevelsRiseWithATenthToSpareSoThatTheyDoNotFlicker) {
  Disk disk;
  disk.with_free(99);
  EXPECT_EQ(disk.with_free(105), SpaceLevel::critical);
  EXPECT_EQ(disk.with_free(111), SpaceLevel::low);
  EXPECT_EQ(disk.with_free(210), SpaceLevel::low);
  EXPECT_EQ(disk.with_free(221), SpaceLevel::ample);
  disk.with_free(10);
  EXPECT_EQ(disk.with_free(1000), SpaceLevel::ample);
}

TEST(DiskSpace, WhatIsPromisedIsNotFree) {
  Disk disk;
  disk.promised = 950 * kMiB;
  EXPECT_EQ(disk.space.check(), SpaceLevel::critical);
  EXPECT_EQ(disk.space.free_bytes(), 50 * kMiB);
  disk.promised = 5000 * kMiB;
  EXPECT_EQ(disk.space.check(), SpaceLevel::exhausted);
  EXPECT_EQ(disk.space.free_bytes(), 0u);
}

TEST(DiskSpace, WritesBetweenTwoChecksLowerTheLevelAtOnce) {
  Disk disk;
  disk.space.spent(799 * kMiB);
  EXPECT_EQ(disk.space.level(), SpaceLevel::ample);
  disk.space.spent(2 * kMiB);
  EXPECT_EQ(disk.space.level(), SpaceLevel::low);
  disk.space.spent(1'000'000 * kMiB);
  EXPECT_EQ(disk.space.level(), SpaceLevel::exhausted);
  EXPECT_EQ(disk.with_free(1000), SpaceLevel::ample) << "a check knows better";
}

TEST(DiskSpace, AFailingSourceKeepsTheLevel) {
  Disk disk;
  disk.with_free(50);
  disk.room.reset();
  EXPECT_EQ(disk.space.check(), SpaceLevel::critical);
}

}  // namespace
}  // namespace brume::store
