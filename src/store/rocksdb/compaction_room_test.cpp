#include "store/rocksdb/compaction_room.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "store/testing/temporary_store.h"

namespace brume::store {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

/// Keeps what it is told; `room()` is what RocksDB would let a compaction add.
class Limits final : public rocksdb::SstFileManager {
 public:
  std::uint64_t total = 0, buffer = 0, limit = 0;
  std::uint64_t room() const { return limit - std::min(limit, total + buffer); }

  void SetMaxAllowedSpaceUsage(std::uint64_t bytes) override { limit = bytes; }
  void SetCompactionBufferSize(std::uint64_t bytes) override { buffer = bytes; }
  bool IsMaxAllowedSpaceReached() override { return total >= limit; }
  bool IsMaxAllowedSpaceReachedIncludingCompactions() override { return total + buffer >= limit; }
  std::uint64_t GetTotalSize() override { return total; }
  std::unordered_map<std::string, std::uint64_t> GetTrackedFiles() override { return {}; }
  std::int64_t GetDeleteRateBytesPerSecond() override { return 0; }
  void SetDeleteRateBytesPerSecond(std::int64_t) override {}
  double GetMaxTrashDBRatio() override { return 0; }
  void SetMaxTrashDBRatio(double) override {}
  std::uint64_t GetTotalTrashSize() override { return 0; }
  void SetStatisticsPtr(const std::shared_ptr<rocksdb::Statistics>&) override {}
};

class CompactionRoomTest : public ::testing::Test {
 protected:
  std::shared_ptr<Limits> limits = std::make_shared<Limits>();
  DiskSpace space{[] { return Room{1000 * kMiB, 10'000 * kMiB}; }, 100 * kMiB};
  CompactionRoom room{limits, &space};
};

TEST_F(CompactionRoomTest, IsWhatIsFreeLessWhatIsKept) {
  limits->total = 300 * kMiB;
  room.allow(1000 * kMiB, 200 * kMiB);
  EXPECT_EQ(limits->room(), 800 * kMiB);
  EXPECT_FALSE(limits->IsMaxAllowedSpaceReached()) << "a flush always passes";
}

TEST_F(CompactionRoomTest, ShrinksAsCommitsSpend) {
  room.allow(1000 * kMiB, 200 * kMiB);
  for (int i = 0; i < 300; ++i) room.spent(kMiB);
  EXPECT_LE(limits->room(), 504 * kMiB);
  for (int i = 0; i < 900; ++i) room.spent(kMiB);
  EXPECT_EQ(limits->room(), 0u);
  EXPECT_FALSE(limits->IsMaxAllowedSpaceReached()) << "a flush still passes";
  room.allow(700 * kMiB, 200 * kMiB);
  EXPECT_EQ(limits->room(), 500 * kMiB) << "measured again";
}

TEST_F(CompactionRoomTest, CommitsSeeAtOnceWhatACompactionWillTake) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.path() + "/1.sst";
  std::ofstream(path) << std::string(3 * kMiB, 'x');
  rocksdb::CompactionJobInfo info;
  info.job_id = 7;
  for (int i = 0; i < 300; ++i) info.input_files.push_back(path);
  room.OnCompactionBegin(nullptr, info);
  EXPECT_EQ(room.promised(), 900 * kMiB);
  EXPECT_EQ(space.level(), SpaceLevel::low);

  rocksdb::TableFileCreationInfo made{rocksdb::TableProperties()};
  made.job_id = 7;
  made.file_size = 600 * kMiB;
  room.OnTableFileCreated(made);
  EXPECT_EQ(room.promised(), 300 * kMiB);
  room.OnCompactionCompleted(nullptr, info);
  EXPECT_EQ(room.promised(), 0u);
}

}  // namespace
}  // namespace brume::store
