#include "store/record_cache.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace brume::store {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;

class RecordCacheTest : public ::testing::Test {
 protected:
  bool get(std::string_view key, StateNumber as_of = RecordCache::kNewest) {
    return cache_.get(key, as_of, value_, since_, ticket_);
  }
  void fill(std::string_view key, std::string_view value, StateNumber since = 1) {
    ASSERT_FALSE(get(key));
    cache_.insert(key, value, since, ticket_);
  }
  void end_write(std::string_view key, std::string_view value, StateNumber since) {
    cache_.end_write(key, &value, since);
  }

  RecordCache cache_{kMiB};
  std::string value_;
  StateNumber since_ = 0;
  RecordCache::Ticket ticket_;
};

TEST_F(RecordCacheTest, KeepsWhatAReaderFound) {
  fill("a", "1", 7);
  EXPECT_TRUE(get("a"));
  EXPECT_EQ(value_, "1");
  EXPECT_EQ(since_, 7u);
  EXPECT_FALSE(get("b"));
}

TEST_F(RecordCacheTest, StateBeforeTheValueIsNotAnswered) {
  fill("a", "1", 7);
  EXPECT_FALSE(get("a", 6));
  EXPECT_FALSE(ticket_.may_insert());
  EXPECT_TRUE(get("a", 7));
}

TEST_F(RecordCacheTest, ValueIsOutOfServiceDuringAWriteAndNewAfterIt) {
  fill("a", "1");
  cache_.begin_write("a");
  EXPECT_FALSE(get("a"));
  EXPECT_FALSE(ticket_.may_insert());
  end_write("a", "2", 9);
  EXPECT_TRUE(get("a"));
  EXPECT_EQ(value_, "2");
  EXPECT_EQ(since_, 9u);
  EXPECT_FALSE(get("a", 8));
}

TEST_F(RecordCacheTest, ValuesOfOtherLengthsReplaceTheOld) {
  fill("a", "short");
  for (const std::size_t length : {10'000, 3, 4, 2, 0, 500}) {
    cache_.begin_write("a");
    end_write("a", std::string(length, 'x'), 9);
    ASSERT_TRUE(get("a"));
    EXPECT_EQ(value_, std::string(length, 'x'));
  }
}

TEST_F(RecordCacheTest, ErasedAndFailedWritesLeaveNothing) {
  for (const bool failed : {false, true}) {
    fill("a", "1");
    cache_.begin_write("a");
    if (failed) cache_.abandon_write("a");
    else cache_.end_write("a", nullptr, 9);
    EXPECT_FALSE(get("a"));
    EXPECT_TRUE(ticket_.may_insert());
  }
}

TEST_F(RecordCacheTest, OverlappingWritesLeaveNothing) {
  fill("a", "1");
  cache_.begin_write("a");
  cache_.begin_write("a");
  end_write("a", "2", 9);
  EXPECT_FALSE(get("a"));
  EXPECT_FALSE(ticket_.may_insert()) << "the other write is still under way";
  cache_.begin_write("a");
  end_write("a", "3", 10);
  end_write("a", "4", 11);
  EXPECT_FALSE(get("a"));
  EXPECT_TRUE(ticket_.may_insert());
}

TEST_F(RecordCacheTest, WritingBringsNothingIn) {
  cache_.begin_write("a");
  end_write("a", "1", 9);
  EXPECT_FALSE(get("a"));
  EXPECT_EQ(cache_.bytes(), 0u);
}

TEST_F(RecordCacheTest, FindOfAReaderThatAWriteOvertookIsNotKept) {
  ASSERT_FALSE(get("a"));
  cache_.begin_write("a");
  cache_.insert("a", "old", 1, ticket_);
  EXPECT_FALSE(get("a"));
  end_write("a", "new", 9);
  EXPECT_FALSE(get("a"));

  ASSERT_FALSE(get("a"));  // and one that is over by then
  const RecordCache::Ticket before = ticket_;
  cache_.begin_write("a");
  end_write("a", "newer", 10);
  cache_.insert("a", "new", 9, before);
  EXPECT_FALSE(get("a"));
}

TEST_F(RecordCacheTest, LongRecordsAreNotKept) {
  fill("a", std::string(RecordCache::kRecordBytesMax, 'x'));
  EXPECT_FALSE(get("a"));
  fill("a", "1");
  cache_.begin_write("a");
  end_write("a", std::string(RecordCache::kRecordBytesMax, 'x'), 9);
  EXPECT_FALSE(get("a"));
}

TEST_F(RecordCacheTest, BlockedShardsTakeNothingIn) {
  fill("a", "1");
  fill("b", "1");
  fill("c", "1");
  ASSERT_FALSE(get("d"));
  const RecordCache::Ticket before = ticket_;
  cache_.begin_write("c");
  cache_.block();
  cache_.remove("a");
  EXPECT_FALSE(get("a"));
  EXPECT_FALSE(ticket_.may_insert());
  EXPECT_TRUE(get("b")) << "not among the keys that are written";
  end_write("c", "2", 9);
  cache_.insert("d", "1", 1, before);
  cache_.unblock();
  EXPECT_FALSE(get("c"));
  EXPECT_FALSE(get("d"));
  fill("a", "2");
  EXPECT_TRUE(get("a"));
}

TEST_F(RecordCacheTest, StaysWithinItsBytesAndKeepsWhatIsRead) {
  const std::string value(1024, 'v');
  fill("hot", value);
  for (int i = 0; i < 10'000; ++i) {
    fill("cold-" + std::to_string(i), value);
    EXPECT_TRUE(get("hot"));
  }
  EXPECT_LE(cache_.bytes(), kMiB);
  EXPECT_GT(cache_.bytes(), kMiB / 2);
  for (int i = 0; i < 10'000; ++i) {  // growing in place counts too
    const std::string key = "cold-" + std::to_string(i);
    cache_.begin_write(key);
    end_write(key, std::string(9000, 'v'), 9);
  }
  EXPECT_LE(cache_.bytes(), kMiB);
}

TEST(RecordCache, OfNoBytesKeepsNothing) {
  RecordCache cache(0);
  std::string value;
  StateNumber since = 0;
  RecordCache::Ticket ticket;
  EXPECT_FALSE(cache.get("a", RecordCache::kNewest, value, since, ticket));
  cache.insert("a", "1", 1, ticket);
  cache.begin_write("a");
  cache.end_write("a", nullptr, 1);
  cache.block();
  cache.remove("a");
  cache.unblock();
  EXPECT_FALSE(cache.get("a", RecordCache::kNewest, value, since, ticket));
  EXPECT_EQ(cache.bytes(), 0u);
}

// ---- several threads ----

/// An engine of a few counters: each write is one state, numbered.
class Counters {
 public:
  static constexpr int kKeys = 40;
  /// Returns the new value and makes it visible.
  int add(int key) {
    std::lock_guard lock(mutex_);
    ++state_;
    return ++values_[static_cast<std::size_t>(key)];
  }
  int read(int key) const {
    std::lock_guard lock(mutex_);
    return values_[static_cast<std::size_t>(key)];
  }
  StateNumber state() const {
    std::lock_guard lock(mutex_);
    return state_;
  }

 private:
  mutable std::mutex mutex_;
  StateNumber state_ = 0;
  std::array<int, kKeys> values_{};
};

class Race {
 public:
  /// As an unlatched writer: nothing keeps two of them from one key.
  void write(std::mt19937& random) {
    const int n = static_cast<int>(random() % Counters::kKeys);
    const std::string key = std::to_string(n);
    const bool many = random() % 50 == 0;
    if (many) {
      cache_.block();
      cache_.remove(key);
    } else {
      cache_.begin_write(key);
    }
    pause(random);
    const int value = counters_.add(n);
    pause(random);
    raise(acknowledged_[static_cast<std::size_t>(n)], value);
    if (many) {
      cache_.unblock();
    } else if (random() % 20 == 0) {
      cache_.abandon_write(key);
    } else {
      const std::string text = std::to_string(value);
      const std::string_view view(text);
      pause(random);
      cache_.end_write(key, &view, counters_.state());
    }
  }

  /// What it finds is no older than what was acknowledged before it asked.
  void read(std::mt19937& random, std::array<int, Counters::kKeys>& seen) {
    const int n = static_cast<int>(random() % Counters::kKeys);
    const std::string key = std::to_string(n);
    const int acknowledged = acknowledged_[static_cast<std::size_t>(n)].load();
    std::string text;
    StateNumber since = 0;
    RecordCache::Ticket ticket;
    int value = 0;
    if (cache_.get(key, RecordCache::kNewest, text, since, ticket)) {
      value = std::stoi(text);
      ++hits;
    } else {
      pause(random);
      const StateNumber state = counters_.state();
      value = counters_.read(n);
      pause(random);
      cache_.insert(key, std::to_string(value), state, ticket);
    }
    int& before = seen[static_cast<std::size_t>(n)];
    if (value < acknowledged || value < before) ++stale;
    before = value;
  }

  std::atomic<int> stale = 0;
  std::atomic<int> hits = 0;

 private:
  // Lets others in between two steps.
  static void pause(std::mt19937& random) {
    if (random() % 8 == 0) std::this_thread::yield();
  }
  static void raise(std::atomic<int>& to, int value) {
    for (int seen = to.load(); seen < value && !to.compare_exchange_weak(seen, value);) {}
  }

  RecordCache cache_{64 * 1024};
  Counters counters_;
  std::array<std::atomic<int>, Counters::kKeys> acknowledged_{};
};

TEST(RecordCache, NeverGoesBackInTimeUnderConcurrentWrites) {
  Race race;
  std::atomic<int> writers = 3;
  std::vector<std::thread> threads;
  for (unsigned seed = 1; seed <= 3; ++seed) {
    threads.emplace_back([&race, &writers, seed] {
      std::mt19937 random(seed);
      for (int i = 0; i < 30'000; ++i) race.write(random);
      --writers;
    });
    threads.emplace_back([&race, &writers, seed] {
      std::mt19937 random(100 + seed);
      std::array<int, Counters::kKeys> seen{};
      do {
        for (int i = 0; i < 1000; ++i) race.read(random, seen);
      } while (writers > 0);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(race.stale, 0);
  EXPECT_GT(race.hits, 0);
}

}  // namespace
}  // namespace brume::store
