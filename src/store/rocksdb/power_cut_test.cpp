// What was acknowledged survives a power cut, as far as the chosen durability says.
//
//   BRUME_POWER_CUTS=500 BRUME_TEST_SEED=7 store_test --gtest_filter='PowerCut.*'
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/loops.h"
#include "store/testing/power_cut_files.h"
#include "store/testing/temporary_store.h"

namespace brume::store {
namespace {

using testing::PowerCutFiles;
using testing::run_task;
using testing::TemporaryFolder;
using SteadyClock = std::chrono::steady_clock;

constexpr int kWriters = 8;

unsigned number_from(const char* variable, unsigned otherwise) {
  const char* text = std::getenv(variable);
  return text ? static_cast<unsigned>(std::strtoul(text, nullptr, 10)) : otherwise;
}

std::string key_of(int writer, int i) { return "d" + std::to_string(writer) + "-" + std::to_string(i); }

/// What was acknowledged, and when.
struct Book {
  std::mutex mutex;
  std::array<std::vector<SteadyClock::time_point>, kWriters> acknowledged;  // commit i of a writer at place i
  int writing = 0;
};

// Each commit writes an item and an entry of an index, which must agree.
Task<> write_until_the_cut(Store& store, int writer, Book& book) {
  for (int i = static_cast<int>(book.acknowledged[writer].size());; ++i) {
    const std::string key = key_of(writer, i);
    auto body = [&](Transaction& t) {
      const std::string version = std::to_string(t.version());
      t.put(key, version + std::string(500 + i % 1000, 'v'));
      t.put("i" + key, version);
    };
    bool failed = false;
    try {
      co_await store.run(lock_on(key), body);
    } catch (const StoreError&) {
      failed = true;
    } catch (const Unavailable&) {
      failed = true;
    }
    std::lock_guard lock(book.mutex);
    if (failed) break;
    book.acknowledged[writer].push_back(SteadyClock::now());
  }
  std::lock_guard lock(book.mutex);
  --book.writing;
}

RocksDbOptions options(Durability durability, std::shared_ptr<rocksdb::FileSystem> files) {
  RocksDbOptions options;
  options.durability = durability;
  options.write_buffer_bytes = 256 * 1024;  // so that cuts also meet flushes, compactions and log switches
  options.files = std::move(files);
  return options;
}

bool done(Book& book) {
  std::lock_guard lock(book.mutex);
  return book.writing == 0;
}

/// Writes for `life`, cuts the power, loses what may be lost; returns when the power went.
SteadyClock::time_point write_and_cut(const std::string& folder, Durability durability, bool honest,
                                      std::chrono::milliseconds life, Book& book, std::mt19937& random) {
  const auto files = std::make_shared<PowerCutFiles>(honest);
  SteadyClock::time_point cut_at;
  {
    BlockingPool pool(1);
    Loops loops(2);
    auto store = open_rocksdb(folder, pool, options(durability, files));
    loops.start();
    book.writing = kWriters;
    for (int writer = 0; writer < kWriters; ++writer)
      spawn(loops.executor(writer % 2), write_until_the_cut(*store, writer, book));
    std::this_thread::sleep_for(life);
    cut_at = SteadyClock::now();
    files->cut();
    while (!done(book)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    loops.stop();
    loops.join();
    store.reset();  // as after a crash
  }
  files->lose(random);
  return cut_at;
}

struct Found {
  int lost = 0;        ///< acknowledged before the time given, and not there
  int disagreeing = 0; ///< item without entry, entry without item, or of different commits
  int holes = 0;       ///< there, though an earlier commit of the same writer is not
};

/// Also cuts what the book holds of each writer back to what is there.
Found look(const std::string& folder, Book& book, SteadyClock::time_point must_be_there) {
  BlockingPool pool(1);
  auto store = open_rocksdb(folder, pool, options(Durability::sync, nullptr));
  Found found;
  std::string item, entry;
  for (int writer = 0; writer < kWriters; ++writer) {
    auto& acknowledged = book.acknowledged[writer];
    std::size_t there = 0;
    bool gap = false;
    for (std::size_t i = 0; i < acknowledged.size() + 2; ++i) {  // one more may have been written than acknowledged
      const std::string key = key_of(writer, static_cast<int>(i));
      const bool has_item = run_task(store->get(key, item));
      const bool has_entry = run_task(store->get("i" + key, entry));
      if (has_item != has_entry || (has_item && !item.starts_with(entry + "v"))) ++found.disagreeing;
      if (has_item) {
        found.holes += gap;
        there = i + 1;
      } else {
        gap = true;
        if (i < acknowledged.size() && acknowledged[i] < must_be_there) ++found.lost;
      }
    }
    acknowledged.resize(there, SteadyClock::time_point::min());
  }
  return found;
}

struct Seeded {
  unsigned seed = number_from("BRUME_TEST_SEED", std::random_device()());
  std::mt19937 random{seed};
  std::string text() const { return "BRUME_TEST_SEED=" + std::to_string(seed); }
};

TEST(PowerCut, SyncedCommitsAreAllThere) {
  Seeded with;
  SCOPED_TRACE(with.text());
  TemporaryFolder folder;
  Book book;
  const unsigned cuts = number_from("BRUME_POWER_CUTS", 8);
  for (unsigned i = 0; i < cuts; ++i) {
    write_and_cut(folder.path(), Durability::sync, true, std::chrono::milliseconds(with.random() % 150), book,
                  with.random);
    const Found found = look(folder.path(), book, SteadyClock::time_point::max());
    ASSERT_EQ(found.lost, 0) << "cut " << i;
    ASSERT_EQ(found.disagreeing, 0) << "cut " << i;
    ASSERT_EQ(found.holes, 0) << "cut " << i;
  }
  std::size_t commits = 0;
  for (const auto& writer : book.acknowledged) commits += writer.size();
  EXPECT_GT(commits, 100u) << "nothing was tried";
}

TEST(PowerCut, RelaxedCommitsLoseTheLastSecondAtMost) {
  Seeded with;
  SCOPED_TRACE(with.text());
  TemporaryFolder folder;
  Book book;
  const unsigned cuts = number_from("BRUME_POWER_CUTS", 8) / 10 + 1;
  for (unsigned i = 0; i < cuts; ++i) {
    const auto cut_at = write_and_cut(folder.path(), Durability::relaxed, true,
                                      std::chrono::milliseconds(1100 + with.random() % 400), book, with.random);
    const Found found = look(folder.path(), book, cut_at - std::chrono::seconds(1));
    ASSERT_EQ(found.lost, 0) << "cut " << i;
    ASSERT_EQ(found.disagreeing, 0) << "cut " << i;
    ASSERT_EQ(found.holes, 0) << "cut " << i;
  }
}

// A disk that lies shows that the two tests above see what is missing.
TEST(PowerCut, WhatADiskLostThatSaidItHadItIsSeen) {
  Seeded with;
  SCOPED_TRACE(with.text());
  int lost = 0;
  for (int i = 0; i < 20 && lost == 0; ++i) {
    TemporaryFolder folder;
    Book book;
    write_and_cut(folder.path(), Durability::sync, true, std::chrono::milliseconds(30), book, with.random);
    look(folder.path(), book, SteadyClock::time_point::min());
    write_and_cut(folder.path(), Durability::sync, false, std::chrono::milliseconds(50), book, with.random);
    try {
      lost = look(folder.path(), book, SteadyClock::time_point::max()).lost;
    } catch (const StoreError&) {
      lost = 1;  // not even to be opened
    }
  }
  EXPECT_GT(lost, 0);
}

}  // namespace
}  // namespace brume::store
