// What was acknowledged survives a crash; what is damaged is said to be.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "base/bytes.h"
#include "store/testing/child_process.h"
#include "store/testing/temporary_store.h"

namespace brume::store {
namespace {

using testing::ChildProcess;
using testing::run_task;
using testing::TemporaryFolder;
namespace fs = std::filesystem;

// ---- kill -9 of a writer ----

std::string key_of(int writer, int i) { return "d" + std::to_string(writer) + "-" + std::to_string(i); }

// Each commit writes two keys, which must be there together.
Task<> write_for_ever(Store& store, int writer, int from) {
  for (int i = from;; ++i) {
    const std::string key = key_of(writer, i);
    const CommitVersion version = co_await store.run(lock_on(key), [&](Transaction& t) {
      t.put(key, std::string(1000, 'v'));
      t.put(key + "-twin", std::to_string(t.version()));
      return t.version();
    });
    ChildProcess::report(std::to_string(writer) + " " + std::to_string(i) + " " + std::to_string(version) + "\n");
  }
}

TEST(StoreCrash, DISABLED_WriteUntilKilled) {
  std::istringstream argument(ChildProcess::argument());
  std::string folder;
  int sync = 0, from = 0;
  argument >> folder >> sync >> from;
  BlockingPool pool(1);
  RocksDbOptions options;
  options.durability = sync ? Durability::sync : Durability::relaxed;
  options.write_buffer_bytes = 256 * 1024;  // so that kills also meet flushes and log switches
  auto store = open_rocksdb(folder, pool, options);
  asio::io_context loop(1);
  for (int writer = 0; writer < 8; ++writer) spawn(loop.get_executor(), write_for_ever(*store, writer, from));
  loop.run();
}

struct Acknowledged {
  int writer, i;
  CommitVersion version;
};

// Reads what the child acknowledged until it is killed after `life`.
std::vector<Acknowledged> run_writer(const std::string& folder, bool sync, int from, std::chrono::milliseconds life) {
  ChildProcess child("StoreCrash.DISABLED_WriteUntilKilled",
                     folder + " " + (sync ? "1 " : "0 ") + std::to_string(from));
  std::string text = child.read_some();  // it runs
  std::thread killer([&] {
    std::this_thread::sleep_for(life);
    ::kill(child.id(), SIGKILL);
  });
  while (true) {
    const std::string more = child.read_some();
    if (more.empty()) break;
    text += more;
  }
  killer.join();
  std::vector<Acknowledged> all;
  std::istringstream lines(text.substr(0, text.rfind('\n') + 1));
  for (Acknowledged a; lines >> a.writer >> a.i >> a.version;) all.push_back(a);
  return all;
}

void kill_and_verify(bool sync) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  TemporaryFolder folder;
  std::vector<Acknowledged> all;
  std::set<CommitVersion> versions;
  for (int round = 0; round < 5; ++round) {
    const auto added = run_writer(folder.path(), sync, round * 1'000'000, std::chrono::milliseconds(random() % 120));
    ASSERT_FALSE(added.empty());
    for (const Acknowledged& a : added) EXPECT_TRUE(versions.insert(a.version).second) << "version repeated";
    all.insert(all.end(), added.begin(), added.end());
    BlockingPool pool(1);
    auto store = open_rocksdb(folder.path(), pool, {});
    EXPECT_GE(store->visible_version(), *versions.rbegin());
    std::string value;
    for (const Acknowledged& a : all) {
      ASSERT_TRUE(run_task(store->get(key_of(a.writer, a.i), value))) << key_of(a.writer, a.i);
      ASSERT_EQ(value.size(), 1000u);
      ASSERT_TRUE(run_task(store->get(key_of(a.writer, a.i) + "-twin", value)));
      ASSERT_EQ(value, std::to_string(a.version));
    }
    // Commits are whole: every key has its twin, acknowledged or not.
    const auto [keys, twins] = run_task(store->read([](Reader& reader) {
      std::size_t plain = 0, twin = 0;
      for (auto at = reader.scan(Range::of_prefix("d")); at->valid(); at->next())
        ++(at->key().ends_with("-twin") ? twin : plain);
      return std::pair(plain, twin);
    }));
    EXPECT_EQ(keys, twins);
    EXPECT_GE(keys, all.size());
  }
}

TEST(StoreCrash, SyncedCommitsSurviveKill) { kill_and_verify(true); }
TEST(StoreCrash, RelaxedCommitsSurviveKillOfTheProcess) { kill_and_verify(false); }

// ---- damaged files ----

std::vector<std::string> files_of(const std::string& folder, const std::string& extension) {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == extension && entry.file_size() > 0) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

constexpr int kCommits = 100;

// As after a crash: all commits are in the log, none in a table.
void make_unclean_store(const std::string& folder) {
  BlockingPool pool(1);
  auto store = open_rocksdb(folder, pool, {});
  for (int i = 0; i < kCommits; ++i)
    run_task(store->run({"d"}, [&](Transaction& t) { t.put(key_of(0, i), std::string(1000, 'v')); }));
}

int count_prefix(const std::string& folder) {
  BlockingPool pool(1);
  auto store = open_rocksdb(folder, pool, {});
  std::string value;
  int present = 0;
  while (present < kCommits && run_task(store->get(key_of(0, present), value))) ++present;
  for (int i = present; i < kCommits; ++i) EXPECT_FALSE(run_task(store->get(key_of(0, i), value)));
  return present;
}

void flip(const std::string& file, std::uintmax_t at) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(at));
  const char byte = static_cast<char>(stream.get());
  stream.seekp(static_cast<std::streamoff>(at));
  stream.put(static_cast<char>(byte ^ 0x55));
}

TEST(StoreCrash, UncleanStoreOpensWithEverything) {
  TemporaryFolder folder;
  make_unclean_store(folder.path());
  EXPECT_EQ(count_prefix(folder.path()), kCommits);
}

TEST(StoreCrash, TornTailOfTheLogLosesTheTornCommitAlone) {
  for (const int cut : {1, 100, 990}) {
    TemporaryFolder folder;
    make_unclean_store(folder.path());
    const auto logs = files_of(folder.path(), ".log");
    ASSERT_EQ(logs.size(), 1u);
    fs::resize_file(logs[0], fs::file_size(logs[0]) - static_cast<std::uintmax_t>(cut));
    EXPECT_EQ(count_prefix(folder.path()), kCommits - 1) << cut;
    EXPECT_EQ(count_prefix(folder.path()), kCommits - 1) << "opened again";
  }
}

TEST(StoreCrash, ZeroesAfterTheLogAreHarmless) {
  TemporaryFolder folder;
  make_unclean_store(folder.path());
  const auto logs = files_of(folder.path(), ".log");
  fs::resize_file(logs.at(0), fs::file_size(logs[0]) + 50'000);
  EXPECT_EQ(count_prefix(folder.path()), kCommits);
}

TEST(StoreCrash, DamageInsideTheLogIsAnError) {
  for (const double place : {0.1, 0.5, 0.9}) {
    TemporaryFolder folder;
    make_unclean_store(folder.path());
    const auto logs = files_of(folder.path(), ".log");
    flip(logs.at(0), static_cast<std::uintmax_t>(place * static_cast<double>(fs::file_size(logs[0]))));
    BlockingPool pool(1);
    try {
      open_rocksdb(folder.path(), pool, {});
      ADD_FAILURE() << "opened with damage at " << place;
    } catch (const StoreError& error) {
      EXPECT_NE(std::string(error.what()).find("the data in " + folder.path() + " is damaged"), std::string::npos)
          << error.what();
    }
    EXPECT_THROW(check_rocksdb(folder.path(), nullptr), StoreError);
  }
}

void make_clean_store(const std::string& folder) {
  make_unclean_store(folder);
  BlockingPool pool(1);
  open_rocksdb(folder, pool, {})->close();
}

TEST(StoreCrash, CleanStopLeavesNoLogToReplay) {
  TemporaryFolder folder;
  make_clean_store(folder.path());
  EXPECT_TRUE(files_of(folder.path(), ".log").empty());
  EXPECT_EQ(count_prefix(folder.path()), kCommits);
}

TEST(StoreCheck, ReadsEveryKeyInOrder) {
  TemporaryFolder folder;
  make_clean_store(folder.path());
  std::string last;
  int ours = 0;
  const std::uint64_t keys = check_rocksdb(folder.path(), [&](std::string_view key, std::string_view value) {
    EXPECT_LT(last, key);
    last = key;
    if (key.starts_with('d')) ours += value.size() == 1000;
  });
  EXPECT_EQ(ours, kCommits);
  EXPECT_GE(keys, static_cast<std::uint64_t>(kCommits) + 1);
  EXPECT_EQ(count_prefix(folder.path()), kCommits);
}

TEST(StoreCheck, FindsADamagedTable) {
  TemporaryFolder folder;
  make_clean_store(folder.path());
  const auto tables = files_of(folder.path(), ".sst");
  ASSERT_FALSE(tables.empty());
  const auto largest = *std::max_element(
      tables.begin(), tables.end(), [](const auto& a, const auto& b) { return fs::file_size(a) < fs::file_size(b); });
  for (const double place : {0.05, 0.5, 0.97}) {
    const auto at = static_cast<std::uintmax_t>(place * static_cast<double>(fs::file_size(largest)));
    flip(largest, at);
    EXPECT_THROW(check_rocksdb(folder.path(), nullptr), StoreError) << place;
    flip(largest, at);
    EXPECT_NO_THROW(check_rocksdb(folder.path(), nullptr));
  }
}

TEST(StoreCheck, FindsAMissingTable) {
  TemporaryFolder folder;
  make_clean_store(folder.path());
  for (const auto& table : files_of(folder.path(), ".sst")) fs::remove(table);
  EXPECT_THROW(check_rocksdb(folder.path(), nullptr), StoreError);
}

}  // namespace
}  // namespace brume::store
