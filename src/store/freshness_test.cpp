// What readers find is never older than what was acknowledged before they asked, and always of one state, however many
// threads write: by single gets, in bodies of several reads, and in transactions.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <random>
#include <string>

#include "base/loops.h"
#include "store/testing/temporary_store.h"

namespace brume::store {
namespace {

using testing::run_task;
using testing::TemporaryStore;

constexpr int kPairs = 24;

/// Each pair of keys always holds one number twice. The keys are not what is latched.
std::string left(int pair) { return "d-left-" + std::to_string(pair); }
std::string right(int pair) { return "d-right-" + std::to_string(pair); }
std::string latch(int pair) { return "pair " + std::to_string(pair); }

int number(std::string_view text) { return text.empty() ? 0 : std::stoi(std::string(text)); }

/// Values of several lengths, so that they are replaced in place and not.
std::string text_of(int number, std::mt19937& random) {
  std::string text = std::to_string(number);
  text.append(random() % 3 * 200, ' ');
  return text;
}

struct Race {
  explicit Race(Store& s) : store(s) {}

  Store& store;
  std::array<std::atomic<int>, kPairs> acknowledged{};
  std::atomic<int> writers = 0;
  std::atomic<int> running = 0;
  std::atomic<int> errors = 0;
  std::atomic<bool> failed = false;

  void expect(bool truth) {
    if (!truth) ++errors;
  }
};

using Seen = std::array<int, kPairs>;

Task<> count_up(Race& race, int seed, int times) {
  std::mt19937 random(static_cast<unsigned>(seed));
  for (int i = 0; i < times; ++i) {
    const int pair = static_cast<int>(random() % kPairs);
    const bool stop_short = random() % 8 == 0;
    const int written = co_await race.store.run(lock_on(latch(pair)), [&](Transaction& t) {
      std::string a, b;
      const bool there = t.get(left(pair), a);
      const bool there_too = t.get(right(pair), b);
      race.expect(there == there_too && (!there || number(a) == number(b)));
      const int now = there ? number(a) : 0;
      race.expect(now >= race.acknowledged[static_cast<std::size_t>(pair)].load());
      if (stop_short) return 0;
      t.put(left(pair), text_of(now + 1, random));
      t.put(right(pair), text_of(now + 1, random));
      return now + 1;
    });
    // The latch is free by now: another writer may have acknowledged more.
    auto& newest = race.acknowledged[static_cast<std::size_t>(pair)];
    for (int seen = newest; seen < written && !newest.compare_exchange_weak(seen, written);) {}
  }
  --race.writers;
}

Task<> get_singly(Race& race, std::mt19937& random, Seen& seen) {
  const int pair = static_cast<int>(random() % kPairs);
  const int acknowledged = race.acknowledged[static_cast<std::size_t>(pair)];
  const std::string key = random() % 2 ? left(pair) : right(pair);
  std::string value;
  const bool there = co_await race.store.get(key, value);
  const int found = there ? number(value) : 0;
  int& before = seen[static_cast<std::size_t>(pair)];
  race.expect(found >= acknowledged && found >= before);
  before = found;
}

Task<> get_pair(Race& race, std::mt19937& random, Seen& seen) {
  const int pair = static_cast<int>(random() % kPairs);
  const int acknowledged = race.acknowledged[static_cast<std::size_t>(pair)];
  const int found = co_await race.store.read([&](Reader& reader) {
    std::string a, b;
    if (!reader.get(left(pair), a)) a = "0";
    if (random() % 4 == 0) reader.get("d-absent", b);
    if (!reader.get(right(pair), b)) b = "0";
    race.expect(number(a) == number(b));
    if (random() % 4 == 0) {
      auto scanned = reader.scan(Range::of_prefix(left(pair)));
      race.expect(!scanned->valid() || number(scanned->value()) == number(a) || scanned->key() != left(pair));
    }
    return number(a);
  });
  int& before = seen[static_cast<std::size_t>(pair)];
  race.expect(found >= acknowledged && found >= before);
  before = found;
}

Task<> look(Race& race, int seed) {
  std::mt19937 random(static_cast<unsigned>(seed));
  Seen seen{};
  while (race.writers > 0) {
    for (int i = 0; i < 20; ++i) {
      if (random() % 2) co_await get_singly(race, random, seen);
      else co_await get_pair(race, random, seen);
    }
    co_await asio::post(use_task);
  }
}

/// Writers that hold no latch: the engine alone says who was last.
Task<> overwrite(Race& race, int seed, int times) {
  std::mt19937 random(static_cast<unsigned>(seed));
  for (int i = 0; i < times; ++i) {
    const int pair = static_cast<int>(random() % kPairs);
    const bool many = random() % 100 == 0;
    const bool erase = random() % 10 == 0;
    co_await race.store.run(LockKeys(), [&](Transaction& t) {
      const std::string value = text_of(seed * 100'000 + i, random);
      if (erase) {
        t.erase(left(pair));
        t.erase(right(pair));
      } else {
        t.put(left(pair), value);
        t.put(right(pair), value);
      }
      for (int n = 0; many && n < 600; ++n) t.put("d-other-" + std::to_string(n), value);
    });
  }
  --race.writers;
}

Task<> look_for_pairs(Race& race, int seed) {
  std::mt19937 random(static_cast<unsigned>(seed));
  while (race.writers > 0) {
    for (int i = 0; i < 20; ++i) {
      const int pair = static_cast<int>(random() % kPairs);
      co_await race.store.read([&](Reader& reader) {
        std::string a, b;
        const bool there = reader.get(left(pair), a), there_too = reader.get(right(pair), b);
        race.expect(there == there_too && (!there || a == b));
      });
    }
    co_await asio::post(use_task);
  }
}

struct Setting {
  const char* name;
  Durability durability;
  std::size_t cache_bytes;
};

class Freshness : public ::testing::TestWithParam<Setting> {
 protected:
  Freshness() : store_(GetParam().durability, GetParam().cache_bytes), race_(*store_) {}

  template <class F>
  void add(Loops& loops, F make_task) {
    ++race_.running;
    asio::co_spawn(loops.executor(next_++ % loops.size()), make_task, [this](std::exception_ptr error) {
      if (error) race_.failed = true;
      if (--race_.running == 0) race_.running.notify_all();
    });
  }
  void wait() {
    for (int left = race_.running; left != 0; left = race_.running) race_.running.wait(left);
    EXPECT_FALSE(race_.failed);
    EXPECT_EQ(race_.errors, 0);
  }

  TemporaryStore store_;
  Race race_;
  std::size_t next_ = 0;
};

TEST_P(Freshness, NobodySeesTheStateGoBack) {
  const int times = GetParam().durability == Durability::sync ? 50 : 300;
  race_.writers = 8;
  Loops loops(4);
  for (int i = 0; i < 8; ++i) add(loops, [this, i, times] { return count_up(race_, i, times); });
  for (int i = 0; i < 8; ++i) add(loops, [this, i] { return look(race_, 100 + i); });
  loops.start();
  wait();
}

TEST_P(Freshness, WritersWithoutLatchesLeaveWhatTheEngineHolds) {
  const int times = GetParam().durability == Durability::sync ? 50 : 300;
  race_.writers = 8;
  {
    Loops loops(4);
    for (int i = 0; i < 8; ++i) add(loops, [this, i, times] { return overwrite(race_, i, times); });
    for (int i = 0; i < 4; ++i) add(loops, [this, i] { return look_for_pairs(race_, 100 + i); });
    loops.start();
    wait();
  }
  for (int pair = 0; pair < kPairs; ++pair) {
    std::string gotten, scanned;
    if (!run_task(store_->get(left(pair), gotten))) gotten = "absent";
    run_task(store_->read([&](Reader& reader) {
      auto at = reader.scan({left(pair), left(pair) + '\0'});
      scanned = at->valid() ? std::string(at->value()) : "absent";
    }));
    EXPECT_EQ(gotten, scanned);
  }
}

INSTANTIATE_TEST_SUITE_P(Settings, Freshness,
                         ::testing::Values(Setting{"Relaxed", Durability::relaxed, 64 << 20},
                                           Setting{"Sync", Durability::sync, 64 << 20},
                                           Setting{"RelaxedSmallCache", Durability::relaxed, 80 << 10},
                                           Setting{"RelaxedNoCache", Durability::relaxed, 0}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace brume::store
