// What the contract suite cannot see from outside: cold reads, failing disks, version reservations, syncs.
#include "store/rocksdb/rocksdb_store.h"

#include <gtest/gtest.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "base/error.h"
#include "base/random.h"
#include "store/rocksdb/open.h"
#include "store/rocksdb/tuning.h"
#include "store/testing/temporary_store.h"

namespace brume::store {
namespace {

using testing::run_task;
using testing::TemporaryFolder;
using testing::TemporaryStore;

// ---- answers that are not in memory ----

std::string cold_key(int i) { return "dcold-" + std::to_string(10'000 + i); }

class ColdStore : public ::testing::Test {
 protected:
  ColdStore() {
    for (int i = 0; i < 200; ++i)
      run_task(store_->run({}, [&](Transaction& t) { t.put(cold_key(i), std::string(1000, 'v')); }));
    store_.reopen();  // all in a table, nothing in the block cache
  }
  TemporaryStore store_;
  std::string value_;
};

TEST_F(ColdStore, GetWaitsForTheDiskOnThePool) {
  EXPECT_TRUE(run_task(store_->get(cold_key(7), value_)));
  EXPECT_EQ(value_, std::string(1000, 'v'));
  EXPECT_FALSE(run_task(store_->get(cold_key(7) + "x", value_)));
}

TEST_F(ColdStore, ReadBodyRunsAgainOnThePoolAndThenFromMemory) {
  std::vector<std::thread::id> threads;
  const auto count = [&](Reader& reader) {
    threads.push_back(std::this_thread::get_id());
    int keys = 0;
    for (auto at = reader.scan(Range::of_prefix("dcold")); at->valid(); at->next()) ++keys;
    return keys;
  };
  EXPECT_EQ(run_task(store_->read(count)), 200);
  ASSERT_EQ(threads.size(), 2u);
  EXPECT_EQ(threads[0], std::this_thread::get_id());
  EXPECT_NE(threads[1], std::this_thread::get_id());
  threads.clear();
  EXPECT_EQ(run_task(store_->read(count)), 200);
  EXPECT_EQ(threads, std::vector{std::this_thread::get_id()});
}

TEST_F(ColdStore, TransactionRunsAgainWithItsVersionAndWithoutItsFirstWrites) {
  std::vector<CommitVersion> versions;
  run_task(store_->run({"d"}, [&](Transaction& t) {
    versions.push_back(t.version());
    EXPECT_FALSE(t.get("dnew", value_)) << "a write of the abandoned attempt is seen";
    t.put("dnew", "1");
    if (versions.size() == 1) t.put("dfirst", "1");
    EXPECT_TRUE(t.get(cold_key(100), value_));
  }));
  ASSERT_EQ(versions.size(), 2u);
  EXPECT_EQ(versions[0], versions[1]);
  EXPECT_TRUE(run_task(store_->get("dnew", value_)));
  EXPECT_FALSE(run_task(store_->get("dfirst", value_)));
}

TEST_F(ColdStore, ExceptionOfTheBodyComesFromThePoolAndReleasesTheLatch) {
  EXPECT_THROW(run_task(store_->run({"d"},
                                    [&](Transaction& t) {
                                      t.put("dnew", "1");
                                      t.get(cold_key(1), value_);
                                      throw std::out_of_range("refused");
                                    })),
               std::out_of_range);
  run_task(store_->run({"d"}, [](Transaction& t) { t.put("dother", "1"); }));
  EXPECT_FALSE(run_task(store_->get("dnew", value_)));
}

// ---- failing disks ----

struct Faults {
  std::atomic<bool> fail_log_append = false;
  std::atomic<bool> fail_log_sync = false;
  std::atomic<int> log_syncs = 0;
  static constexpr std::int64_t kPlenty = std::int64_t{1} << 60;
  std::atomic<std::int64_t> log_bytes_left = kPlenty;  ///< room for the log: the append that goes beyond is cut
  std::atomic<std::int64_t> table_bytes_max = kPlenty;  ///< room for each table file
  std::atomic<int> tables_failed = 0;
};

class FaultyLog final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyLog(std::unique_ptr<rocksdb::FSWritableFile> file, Faults& faults)
      : FSWritableFileOwnerWrapper(std::move(file)), faults_(faults) {}
  using FSWritableFileOwnerWrapper::Append;
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    if (faults_.fail_log_append) return rocksdb::IOStatus::NoSpace("no space left on device");
    const auto size = static_cast<std::int64_t>(data.size());
    if (const std::int64_t left = faults_.log_bytes_left; left < size) {
      faults_.log_bytes_left = 0;
      FSWritableFileOwnerWrapper::Append(rocksdb::Slice(data.data(), static_cast<std::size_t>(left)), options, debug)
          .PermitUncheckedError();
      return rocksdb::IOStatus::NoSpace("no space left on device");
    }
    return FSWritableFileOwnerWrapper::Append(data, options, debug);
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    if (faults_.fail_log_sync) return rocksdb::IOStatus::IOError("input/output error");
    ++faults_.log_syncs;
    faults_.log_syncs.notify_all();
    return FSWritableFileOwnerWrapper::Sync(options, debug);
  }

 private:
  Faults& faults_;
};

class FaultyTable final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyTable(std::unique_ptr<rocksdb::FSWritableFile> file, Faults& faults)
      : FSWritableFileOwnerWrapper(std::move(file)), faults_(faults) {}
  using FSWritableFileOwnerWrapper::Append;
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    size_ += static_cast<std::int64_t>(data.size());
    if (size_ <= faults_.table_bytes_max) return FSWritableFileOwnerWrapper::Append(data, options, debug);
    ++faults_.tables_failed;
    return rocksdb::IOStatus::NoSpace("no space left on device");
  }

 private:
  Faults& faults_;
  std::int64_t size_ = 0;
};

class FaultyLogSync final : public rocksdb::FSRandomRWFileOwnerWrapper {
 public:
  FaultyLogSync(std::unique_ptr<rocksdb::FSRandomRWFile> file, Faults& faults)
      : FSRandomRWFileOwnerWrapper(std::move(file)), faults_(faults) {}
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    if (faults_.fail_log_sync) return rocksdb::IOStatus::IOError("input/output error");
    ++faults_.log_syncs;
    faults_.log_syncs.notify_all();
    return FSRandomRWFileOwnerWrapper::Sync(options, debug);
  }

 private:
  Faults& faults_;
};

class FaultyDisk final : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultyDisk(Faults& faults) : FileSystemWrapper(rocksdb::FileSystem::Default()), faults_(faults) {}
  const char* Name() const override { return "FaultyDisk"; }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override {
    auto status = FileSystemWrapper::NewWritableFile(name, options, file, debug);
    if (status.ok() && name.ends_with(".log")) *file = std::make_unique<FaultyLog>(std::move(*file), faults_);
    if (status.ok() && name.ends_with(".sst")) *file = std::make_unique<FaultyTable>(std::move(*file), faults_);
    return status;
  }
  /// The log as the syncer opens it.
  rocksdb::IOStatus NewRandomRWFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSRandomRWFile>* file,
                                    rocksdb::IODebugContext* debug) override {
    auto status = FileSystemWrapper::NewRandomRWFile(name, options, file, debug);
    if (status.ok()) *file = std::make_unique<FaultyLogSync>(std::move(*file), faults_);
    return status;
  }

 private:
  Faults& faults_;
};

class FaultyStore {
 public:
  FaultyStore(const std::string& folder, Durability durability, RocksDbStore::Tuning tuning = {})
      : env_(rocksdb::NewCompositeEnv(std::make_shared<FaultyDisk>(faults))) {
    rocksdb::Options options = make_rocksdb_options(RocksDbOptions());
    options.create_if_missing = true;
    options.env = env_.get();
    tuning.errors = std::make_shared<BackgroundErrors>();
    options.listeners.push_back(tuning.errors);
    rocksdb::DB* db = nullptr;
    const auto status = rocksdb::DB::Open(options, folder, &db);
    if (!status.ok()) throw std::runtime_error(status.ToString());
    tuning.durability = durability;
    store = std::make_unique<RocksDbStore>(std::unique_ptr<rocksdb::DB>(db), pool_, tuning);
  }

  void put(std::string key, std::string_view value = "v") {
    run_task(store->run({key}, [&](Transaction& t) {
      t.version();
      t.put(key, value);
    }));
  }
  /// Writes two mebibytes that cannot be compressed, and asks for their table file.
  void put_and_flush(const std::string& key) {
    SeededRandom random(std::hash<std::string>()(key));
    std::string value(2 * 1024 * 1024, 0);
    for (std::size_t i = 0; i < value.size(); i += 8) {
      const std::uint64_t bits = random.next();
      std::memcpy(value.data() + i, &bits, 8);
    }
    put(key, value);
    store->reclaim();
  }
  /// As the disk's watcher does it; RocksDB tries every five seconds.
  bool recovers() {
    for (int i = 0; i < 1000; ++i) {
      if (store->recover()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  bool has(std::string key) {
    std::string value;
    return run_task(store->get(key, value));
  }

  Faults faults;

 private:
  std::unique_ptr<rocksdb::Env> env_;
  BlockingPool pool_{1};

 public:
  std::unique_ptr<Store> store;
};

class FailingDisk : public ::testing::TestWithParam<Durability> {};

TEST_P(FailingDisk, NoCommitIsAcknowledgedAfterAFailedWrite) {
  TemporaryFolder folder;
  {
    FaultyStore faulty(folder.path(), GetParam());
    faulty.put("d1");
    const CommitVersion before = faulty.store->visible_version();
    faulty.faults.fail_log_append = true;
    EXPECT_THROW(faulty.put("d2"), StoreError);
    faulty.faults.fail_log_append = false;  // the disk recovers, the store does not trust its log any more
    EXPECT_THROW(faulty.put("d3"), Unavailable);
    EXPECT_EQ(faulty.store->visible_version(), before);
    EXPECT_TRUE(faulty.has("d1")) << "reads go on";
    EXPECT_FALSE(faulty.has("d3"));
  }
  FaultyStore again(folder.path(), GetParam());
  EXPECT_TRUE(again.has("d1"));
  EXPECT_FALSE(again.has("d3"));
  again.put("d4");
  EXPECT_TRUE(again.has("d4"));
}

INSTANTIATE_TEST_SUITE_P(Durability, FailingDisk, ::testing::Values(Durability::sync, Durability::relaxed),
                         [](const auto& info) { return info.param == Durability::sync ? "Sync" : "Relaxed"; });

TEST(FailingSync, SyncedCommitIsNotAcknowledged) {
  TemporaryFolder folder;
  FaultyStore faulty(folder.path(), Durability::sync);
  faulty.put("d1");
  faulty.faults.fail_log_sync = true;
  EXPECT_THROW(faulty.put("d2"), StoreError);
  EXPECT_THROW(faulty.put("d3"), Unavailable);
  faulty.faults.fail_log_sync = false;
  EXPECT_FALSE(faulty.store->recover()) << "a device that fails is not cured by room";
  EXPECT_THROW(faulty.put("d4"), Unavailable);
}

TEST(FailingSync, BackgroundSyncRefusesLaterRelaxedCommits) {
  TemporaryFolder folder;
  RocksDbStore::Tuning tuning;
  tuning.sync_period = std::chrono::milliseconds(1);
  FaultyStore faulty(folder.path(), Durability::relaxed, tuning);
  faulty.faults.fail_log_sync = true;
  bool refused = false;
  for (int i = 0; i < 100'000 && !refused; ++i) {
    try {
      faulty.put("d" + std::to_string(i));
    } catch (const StoreError&) {  // was under way when the sync failed
    } catch (const Unavailable&) {
      refused = true;
    }
  }
  EXPECT_TRUE(refused);
}

TEST(WalSyncer, SyncsAfterARelaxedCommitAndOnlyThen) {
  TemporaryFolder folder;
  RocksDbStore::Tuning tuning;
  tuning.sync_period = std::chrono::milliseconds(1);
  FaultyStore faulty(folder.path(), Durability::relaxed, tuning);
  for (int i = 0; i < 3; ++i) {
    const int before = faulty.faults.log_syncs;
    faulty.put("d");
    faulty.faults.log_syncs.wait(before);
    EXPECT_GT(faulty.faults.log_syncs, before);
  }
}

// ---- a full disk ----

class FullDisk : public ::testing::TestWithParam<Durability> {};

TEST_P(FullDisk, RecoversWhenThereIsRoomAndLosesNothingAcknowledged) {
  TemporaryFolder folder;
  std::vector<std::string> acknowledged;
  {
    FaultyStore faulty(folder.path(), GetParam());
    const auto put = [&](std::string key) {
      faulty.put(key);
      acknowledged.push_back(std::move(key));
    };
    for (int round = 0; round < 4; ++round) {
      for (int i = 0; i < 20; ++i) put("d" + std::to_string(round) + "-" + std::to_string(i));
      faulty.faults.log_bytes_left = round * 7;  // the log ends in the middle of a record
      EXPECT_THROW(faulty.put("dlost" + std::to_string(round)), StoreError);
      EXPECT_THROW(faulty.put("drefused"), Unavailable);
      EXPECT_NE(faulty.store->state().failure, "");
      faulty.faults.log_bytes_left = Faults::kPlenty;
      ASSERT_TRUE(faulty.recovers());
      EXPECT_EQ(faulty.store->state().failure, "");
      const CommitVersion before = faulty.store->visible_version();
      put("dafter" + std::to_string(round));
      EXPECT_GT(faulty.store->visible_version(), before) << "no failed commit holds the streams up";
      for (const std::string& key : acknowledged) EXPECT_TRUE(faulty.has(key)) << key;
      EXPECT_FALSE(faulty.has("dlost" + std::to_string(round)));
    }
  }  // without close(): as after a crash
  FaultyStore again(folder.path(), GetParam());
  for (const std::string& key : acknowledged) EXPECT_TRUE(again.has(key)) << key;
  for (int round = 0; round < 4; ++round) EXPECT_FALSE(again.has("dlost" + std::to_string(round)));
}

TEST_P(FullDisk, RecoversAfterACompactionAndThenAFlushMetIt) {
  TemporaryFolder folder;
  std::vector<std::string> acknowledged;
  const auto wait_for = [](const auto& condition) {
    for (int i = 0; i < 1000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return condition();
  };
  {
    FaultyStore faulty(folder.path(), GetParam());
    const auto put = [&](std::string key) {
      faulty.put_and_flush(key);
      acknowledged.push_back(std::move(key));
    };
    faulty.faults.table_bytes_max = 5 * 1024 * 1024;  // flushes pass, the compaction of four of their files does not
    for (int i = 0; i < 12 && faulty.faults.tables_failed == 0; ++i) {
      put("da" + std::to_string(i));
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    ASSERT_TRUE(wait_for([&] { return faulty.faults.tables_failed > 0; })) << "no compaction was tried";
    EXPECT_EQ(faulty.store->state().failure, "") << "a compaction that finds no room refuses nothing";
    put("db");
    faulty.faults.table_bytes_max = 0;
    try {
      put("dc");
    } catch (const Unavailable&) {  // the flush of the one before was still under way
    }
    ASSERT_TRUE(wait_for([&] { return !faulty.store->state().failure.empty(); }));
    EXPECT_THROW(faulty.put("drefused"), Unavailable);
    // Long enough for RocksDB's own first attempt to fail.
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(1500);
    while (std::chrono::steady_clock::now() < end) {
      EXPECT_FALSE(faulty.store->recover()) << "there is no room yet";
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    for (const std::string& key : acknowledged) EXPECT_TRUE(faulty.has(key)) << key;
    faulty.faults.table_bytes_max = Faults::kPlenty;
    ASSERT_TRUE(faulty.recovers());
    put("dd");
    for (const std::string& key : acknowledged) EXPECT_TRUE(faulty.has(key)) << key;
  }
  FaultyStore again(folder.path(), GetParam());
  for (const std::string& key : acknowledged) EXPECT_TRUE(again.has(key)) << key;
  EXPECT_FALSE(again.has("drefused"));
}

INSTANTIATE_TEST_SUITE_P(Durability, FullDisk, ::testing::Values(Durability::sync, Durability::relaxed),
                         [](const auto& info) { return info.param == Durability::sync ? "Sync" : "Relaxed"; });

class ShortOfSpace : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kMiB = 1024 * 1024;
  ShortOfSpace() {
    RocksDbOptions options;
    options.space = &space_;
    store_ = open_rocksdb(folder_.path(), pool_, options);
    write([](Transaction& t) { t.put("dthere", std::string(100, 'v')); });
  }
  ~ShortOfSpace() override { store_->close(); }
  void free(std::uint64_t mebibytes) {
    free_ = mebibytes * kMiB;
    space_.check();
  }
  template <class F>
  void write(F body) {
    run_task(store_->run({"d"}, body));
  }

  std::uint64_t free_ = 1000 * kMiB;
  DiskSpace space_{[this] { return Room{free_, 10'000 * kMiB}; }, 100 * kMiB};
  TemporaryFolder folder_;
  BlockingPool pool_{1};
  std::unique_ptr<Store> store_;
  std::string value_;
};

TEST_F(ShortOfSpace, WritesAreRefusedWhileReadsAndErasingGoOnUntilThereIsRoom) {
  const auto put = [](Transaction& t) { t.put("dnew", "v"); };
  free(150);
  write(put);  // only what may be lost is refused by others
  free(50);
  EXPECT_THROW(write([](Transaction& t) { t.put("dother", "v"); }), Unavailable);
  EXPECT_EQ(space_.refused(), 1u);
  EXPECT_FALSE(run_task(store_->get("dother", value_)));
  EXPECT_TRUE(run_task(store_->get("dthere", value_)));
  write([](Transaction& t) {
    t.erase("dthere");
    t.put("dcount", "1");
  });
  EXPECT_FALSE(run_task(store_->get("dthere", value_)));
  write([](Transaction& t) {
    t.put("dneeded", std::string(5000, 'v'));
    t.use_reserve();
  });
  EXPECT_THROW(write([](Transaction& t) {
                 t.erase("dnew");
                 t.put("dlarge", std::string(5000, 'v'));
               }),
               Unavailable);
  free(10);
  EXPECT_THROW(write([](Transaction& t) { t.erase("dnew"); }), Unavailable);
  EXPECT_TRUE(run_task(store_->get("dnew", value_)));
  free(1000);
  write([](Transaction& t) { t.put("dother", "v"); });
  EXPECT_TRUE(run_task(store_->get("dother", value_)));
}

TEST_F(ShortOfSpace, WhatIsWrittenBetweenTwoLooksCounts) {
  free(230);
  for (int i = 0; i < 10 && space_.level() == SpaceLevel::ample; ++i)
    write([](Transaction& t) { t.put("dlarge", std::string(4 * kMiB, 'v')); });
  EXPECT_EQ(space_.level(), SpaceLevel::low);
}

TEST_F(ShortOfSpace, ReclaimTurnsMemoryIntoFiles) {
  write([](Transaction& t) { t.put("dlarge", std::string(8 * kMiB, 'v')); });
  const std::uint64_t before = store_->state().unwritten_bytes;
  store_->reclaim();
  for (int i = 0; i < 500 && store_->state().unwritten_bytes + 7 * kMiB > before; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_LT(store_->state().unwritten_bytes + 7 * kMiB, before);
}

// ---- versions ----

TEST(VersionReservation, NeverRepeatsAcrossCrashesWhateverWasAborted) {
  TemporaryFolder folder;
  RocksDbStore::Tuning tuning;
  tuning.version_block = 7;
  CommitVersion last = 0;
  for (int round = 0; round < 6; ++round) {
    FaultyStore crashing(folder.path(), Durability::relaxed, tuning);  // dropped without close()
    for (int i = 0; i < 40; ++i) {
      // Only one in ten commits, so versions run ahead of RocksDB's sequence numbers.
      const bool commits = i % 10 == 0;
      CommitVersion version = 0;
      try {
        run_task(crashing.store->run({}, [&](Transaction& t) {
          version = t.version();
          if (!commits) throw std::runtime_error("aborted");
          t.put("d" + std::to_string(version), "");
        }));
      } catch (const std::runtime_error&) {
        EXPECT_FALSE(commits);
      }
      EXPECT_GT(version, last);
      last = version;
    }
  }
}

TEST(VersionReservation, ReadOnlyUseAndCleanStopsWasteNoVersions) {
  TemporaryStore store;
  const auto commit = [&] {
    return run_task(store->run({}, [](Transaction& t) {
      t.put("d", "");
      return t.version();
    }));
  };
  const CommitVersion first = commit();
  for (int i = 0; i < 3; ++i) store.reopen();
  EXPECT_LT(commit() - first, 20u);
}

// ---- the end ----

TEST(ClosedStore, AnswersThatItIsClosed) {
  TemporaryStore store;
  store->close();
  std::string value;
  const auto nothing = [](auto&) {};
  EXPECT_THROW(run_task(store->get("d", value)), StoreError);
  EXPECT_THROW(run_task(store->read(nothing)), StoreError);
  EXPECT_THROW(run_task(store->run({}, nothing)), StoreError);
  EXPECT_THROW(store->close(), StoreError);
}

// ---- many bytes at once ----

Task<> put_large(Store& store, int i) {
  co_await store.run(lock_on("lock" + std::to_string(i)),
                     [&](Transaction& t) { t.put("d" + std::to_string(i), std::string(2'000'000, 'v')); });
}

TEST(GroupCommitter, CommitsBeyondTheQueueBoundWaitAndSucceed) {
  TemporaryStore store(Durability::sync);
  asio::io_context loop(1);
  for (int i = 0; i < 60; ++i) spawn(loop.get_executor(), put_large(*store, i));
  loop.run();
  std::string value;
  for (int i = 0; i < 60; ++i) EXPECT_TRUE(run_task(store->get("d" + std::to_string(i), value)));
}

}  // namespace
}  // namespace brume::store
