// What every engine must do. A new engine adds its factory at the end.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/loops.h"
#include "store/commit_watches.h"
#include "store/testing/temporary_store.h"

namespace brume::store {
namespace {

using testing::run_task;
using testing::TemporaryStore;

/// The engine, in its folder; on it, perhaps, one that is unruly.
struct Engine {
  explicit Engine(Durability durability, std::optional<testing::Unruliness> how = {}) : files(durability) {
    if (how) unruly.emplace(*files, *how);
  }
  Store& operator*() { return unruly ? *unruly : *files; }
  Store* operator->() { return &**this; }
  void reopen() {
    std::optional<testing::Unruliness> how;
    if (unruly) how = unruliness;
    unruly.reset();
    files.reopen();
    if (how) unruly.emplace(*files, *how);
  }
  static constexpr testing::Unruliness unruliness{.seed = 20261128, .rerun = 50, .delay = 40};

  TemporaryStore files;
  std::optional<testing::UnrulyStore> unruly;
};

using Factory = std::unique_ptr<Engine> (*)();

class StoreContract : public ::testing::TestWithParam<std::pair<const char*, Factory>> {
 protected:
  StoreContract() : store_(GetParam().second()) {}

  void put(std::string key, std::string value) {
    run_task((*store_)->run({key}, [&](Transaction& t) { t.put(key, value); }));
  }
  std::optional<std::string> get(std::string_view key) {
    std::string value;
    if (!run_task((*store_)->get(key, value))) return std::nullopt;
    return value;
  }
  std::vector<std::string> scan(Range range, Direction direction = Direction::forward) {
    return run_task((*store_)->read([&](Reader& reader) {
      std::vector<std::string> found;
      for (auto at = reader.scan(range, direction); at->valid(); at->next())
        found.push_back(std::string(at->key()) + "=" + std::string(at->value()));
      return found;
    }));
  }

  std::unique_ptr<Engine> store_;
};

using Strings = std::vector<std::string>;

TEST_P(StoreContract, GetsWhatWasPut) {
  EXPECT_EQ(get("d-key"), std::nullopt);
  put("d-key", "value");
  EXPECT_EQ(get("d-key"), "value");
  put("d-key", "");
  EXPECT_EQ(get("d-key"), "");
}

TEST_P(StoreContract, KeepsAnyBytes) {
  const std::string key("d\0\xff\n", 4);
  const std::string value(100'000, '\0');
  put(key, value);
  EXPECT_EQ(get(key), value);
  EXPECT_EQ(get(std::string("d\0\xff", 3)), std::nullopt);
}

TEST_P(StoreContract, ErasedKeyIsAbsent) {
  put("d", "1");
  run_task((*store_)->run({"d"}, [](Transaction& t) { t.erase("d"); }));
  EXPECT_EQ(get("d"), std::nullopt);
  EXPECT_EQ(scan(Range::of_prefix("d")), Strings());
}

TEST_P(StoreContract, ScansInByteOrderWithinBounds) {
  // After the engine's own keys (key_spaces.h), so that a scan without an upper bound sees ours alone.
  for (const char* key : {"x1", "x2", "x2\x01", "x3", "x\xff", "y"}) put(key, "v");
  EXPECT_EQ(scan({"x1", "x3"}), (Strings{"x1=v", "x2=v", "x2\x01=v"}));
  EXPECT_EQ(scan({"x1", "x3"}, Direction::backward), (Strings{"x2\x01=v", "x2=v", "x1=v"}));
  EXPECT_EQ(scan({"x3", ""}), (Strings{"x3=v", "x\xff=v", "y=v"}));
  EXPECT_EQ(scan({"x3", ""}, Direction::backward), (Strings{"y=v", "x\xff=v", "x3=v"}));
  EXPECT_EQ(scan(Range::of_prefix("x\xff")), (Strings{"x\xff=v"}));
  EXPECT_EQ(scan(Range::of_prefix("x2"), Direction::backward), (Strings{"x2\x01=v", "x2=v"}));
  EXPECT_EQ(scan({"x3", "x1"}), Strings());
  EXPECT_EQ(scan({"x3", "x1"}, Direction::backward), Strings());
  EXPECT_EQ(scan({"x1", "x1"}), Strings());
}

TEST_P(StoreContract, PrefixOfHighestBytesHasNoUpperBound) {
  EXPECT_EQ(Range::of_prefix("\xff\xff").end, "");
  EXPECT_EQ(Range::of_prefix("a\xff").end, "b");
  EXPECT_EQ(Range::of_prefix("").end, "");
}

TEST_P(StoreContract, TransactionGetsItsOwnWrites) {
  put("d-old", "old");
  run_task((*store_)->run({"d"}, [](Transaction& t) {
    std::string value;
    t.put("d-new", "1");
    EXPECT_TRUE(t.get("d-new", value));
    EXPECT_EQ(value, "1");
    t.put("d-new", "2");
    EXPECT_TRUE(t.get("d-new", value));
    EXPECT_EQ(value, "2");
    t.erase("d-new");
    EXPECT_FALSE(t.get("d-new", value));
    t.erase("d-old");
    EXPECT_FALSE(t.get("d-old", value));
    EXPECT_EQ(t.scan(Range::of_prefix("d"))->key(), "d-old");  // a scan sees the state before
    t.put("d-old", "again");
  }));
  EXPECT_EQ(get("d-new"), std::nullopt);
  EXPECT_EQ(get("d-old"), "again");
}

TEST_P(StoreContract, LongTransactionGetsItsOwnWrites) {
  run_task((*store_)->run({"d"}, [](Transaction& t) {
    std::string value;
    for (int i = 0; i < 500; ++i) t.put("d" + std::to_string(i), std::to_string(i));
    for (int i = 0; i < 500; i += 2) t.erase("d" + std::to_string(i));
    for (int i = 1; i < 500; i += 4) t.put("d" + std::to_string(i), "again");
    for (int i = 0; i < 500; ++i) {
      ASSERT_EQ(t.get("d" + std::to_string(i), value), i % 2 == 1);
      if (i % 2 == 1) {
        ASSERT_EQ(value, i % 4 == 1 ? "again" : std::to_string(i));
      }
    }
  }));
  EXPECT_EQ(scan(Range::of_prefix("d")).size(), 250u);
  EXPECT_EQ(get("d1"), "again");
}

TEST_P(StoreContract, ExceptionUndoesEverything) {
  struct Refused {};
  put("d", "before");
  EXPECT_THROW(run_task((*store_)->run({"d"},
                                       [](Transaction& t) {
                                         t.put("d", "after");
                                         t.version();
                                         throw Refused();
                                       })),
               Refused);
  EXPECT_EQ(get("d"), "before");
  put("d", "later");  // the latch is free again
  EXPECT_EQ(get("d"), "later");
}

TEST_P(StoreContract, BodyResultsComeOut) {
  EXPECT_EQ(run_task((*store_)->run({}, [](Transaction&) { return std::string("result"); })), "result");
  auto moved = run_task((*store_)->read([](Reader&) { return std::make_unique<int>(7); }));
  EXPECT_EQ(*moved, 7);
  EXPECT_THROW(run_task((*store_)->read([](Reader&) -> int { throw std::out_of_range("x"); })), std::out_of_range);
}

TEST_P(StoreContract, VersionRisesWithEachCommitAndAcrossReopening) {
  std::vector<CommitVersion> versions;
  const auto commit = [&](std::string key) {
    versions.push_back(run_task((*store_)->run({key}, [&](Transaction& t) {
      const CommitVersion version = t.version();
      EXPECT_EQ(t.version(), version);
      t.put(key, "v");
      return version;
    })));
    EXPECT_EQ((*store_)->visible_version(), versions.back());
  };
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 5; ++i) commit("d" + std::to_string(i));
    // Versions that failed transactions took must not come back either.
    for (int i = 0; i < 50; ++i)
      EXPECT_THROW(run_task((*store_)->run({},
                                           [](Transaction& t) {
                                             t.version();
                                             throw std::runtime_error("refused");
                                           })),
                   std::runtime_error);
    commit("d");
    store_->reopen();
    EXPECT_GE((*store_)->visible_version(), versions.back());
  }
  for (std::size_t i = 1; i < versions.size(); ++i) EXPECT_GT(versions[i], versions[i - 1]);
}

TEST_P(StoreContract, CommitsSurviveReopening) {
  for (int i = 0; i < 100; ++i) put("d" + std::to_string(i), std::to_string(i));
  store_->reopen();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(get("d" + std::to_string(i)), std::to_string(i));
}

// ---- several loops at once ----

class Crew {  // runs coroutines on several loops and waits for all
 public:
  explicit Crew(std::size_t loops) : loops_(loops) { loops_.start(); }
  template <class F>
  void add(F make_task) {
    ++running_;
    asio::co_spawn(loops_.executor(next_++ % loops_.size()), make_task, [this](std::exception_ptr error) {
      if (error) failed_ = true;
      if (--running_ == 0) running_.notify_all();
    });
  }
  bool wait() {
    for (int left = running_; left != 0; left = running_) running_.wait(left);
    return !failed_;
  }

 private:
  Loops loops_;
  std::size_t next_ = 0;
  std::atomic<int> running_ = 0;
  std::atomic<bool> failed_ = false;
};

Task<> add_ones(Store& store, std::string key, int times, std::atomic<CommitVersion>* newest) {
  for (int i = 0; i < times; ++i) {
    CommitVersion mine = 0;  // stays the same should the body begin anew
    const CommitVersion version = co_await store.run(lock_on(key), [&](Transaction& t) {
      std::string value = "0";
      t.get(key, value);
      t.put(key, std::to_string(std::stoi(value.empty() ? "0" : value) + 1));
      // Sharing a latch, so the order of versions is the order of commits.
      const CommitVersion v = t.version();
      if (v == mine) return v;
      EXPECT_GT(v, newest->load());
      newest->store(v);
      mine = v;
      return v;
    });
    EXPECT_EQ(version, mine);
    EXPECT_GT(version, 0u);
  }
}

TEST_P(StoreContract, LatchesSerialiseIncrementsFromSeveralLoops) {
  std::atomic<CommitVersion> newest = 0;
  Crew crew(3);
  for (int i = 0; i < 12; ++i) crew.add([&] { return add_ones(**store_, "d-counter", 25, &newest); });
  ASSERT_TRUE(crew.wait());
  EXPECT_EQ(get("d-counter"), "300");
  EXPECT_EQ((*store_)->visible_version(), newest.load());
}

// Moves between accounts keep the sum; a transfer locks both in arbitrary order.
Task<> transfer(Store& store, int seed, int times) {
  for (int i = 0; i < times; ++i) {
    const std::string from = "d" + std::to_string((seed + i) % 5);
    const std::string to = "d" + std::to_string((seed * 3 + i * 2 + 1) % 5);
    if (from == to) continue;
    co_await store.run(lock_on(from, to), [&](Transaction& t) {
      std::string a, b;
      t.get(from, a);
      t.get(to, b);
      t.put(from, std::to_string(std::stoi(a) - 1));
      t.put(to, std::to_string(std::stoi(b) + 1));
    });
  }
}

Task<> sum_while(Store& store, const std::atomic<bool>& stop, std::atomic<int>& reads) {
  while (!stop) {
    const auto [scanned, gotten] = co_await store.read([](Reader& reader) {
      int by_get = 0, by_scan = 0;
      std::string value;
      for (int i = 0; i < 5; ++i) {
        reader.get("d" + std::to_string(i), value);
        by_get += std::stoi(value);
      }
      for (auto at = reader.scan(Range::of_prefix("d")); at->valid(); at->next())
        by_scan += std::stoi(std::string(at->value()));
      return std::pair(by_scan, by_get);
    });
    EXPECT_EQ(scanned, 500);
    EXPECT_EQ(gotten, 500);
    ++reads;
    co_await asio::post(use_task);
  }
}

TEST_P(StoreContract, ReadersSeeOneStateUnderConcurrentCommits) {
  for (int i = 0; i < 5; ++i) put("d" + std::to_string(i), "100");
  std::atomic<bool> stop = false;
  std::atomic<int> reads = 0;
  Crew readers(2);
  for (int i = 0; i < 2; ++i) readers.add([&] { return sum_while(**store_, stop, reads); });
  {
    Crew writers(2);
    for (int i = 0; i < 8; ++i) writers.add([&, i] { return transfer(**store_, i, 50); });
    EXPECT_TRUE(writers.wait());
  }
  stop = true;
  EXPECT_TRUE(readers.wait());
  EXPECT_GT(reads, 0);
}

// Each commit writes its version as a key; every one up to visible_version() must be readable.
Task<> write_versions(Store& store, int seed, int times) {
  for (int i = 0; i < times; ++i) {
    co_await store.run(lock_on(std::to_string(seed)), [&](Transaction& t) {
      std::string key = "v";
      append_big_endian(key, t.version());
      t.put(key, "");
      if (i % 7 == 3) throw std::runtime_error("gives its version up");
    });
  }
}

Task<> write_versions_and_gaps(Store& store, int seed, int times, std::atomic<int>& committed) {
  for (int i = 0; i < times; ++i) {
    bool refused = false;
    try {
      co_await write_versions(store, seed * 1000 + i, i % 5 == 4 ? 4 : 1);
    } catch (const std::runtime_error&) {
      refused = true;
    }
    committed += refused ? 3 : 1;
  }
}

Task<> tail_versions(Store& store, const std::atomic<bool>& stop, std::vector<std::string>& seen) {
  std::string from = "v";
  bool last = false;
  while (true) {
    last = stop;
    std::string to = "v";
    append_big_endian(to, store.visible_version() + 1);
    auto page = co_await store.read([&](Reader& reader) {
      std::vector<std::string> keys;
      for (auto at = reader.scan({from, to}); at->valid(); at->next()) keys.emplace_back(at->key());
      return keys;
    });
    seen.insert(seen.end(), page.begin(), page.end());
    from = to;
    if (last) break;
    co_await asio::post(use_task);
  }
}

TEST_P(StoreContract, TailingUpToTheVisibleVersionMissesNothing) {
  std::atomic<bool> stop = false;
  std::atomic<int> committed = 0;
  std::vector<std::string> seen;
  Crew tail(1);
  tail.add([&] { return tail_versions(**store_, stop, seen); });
  {
    Crew writers(3);
    for (int i = 0; i < 9; ++i) writers.add([&, i] { return write_versions_and_gaps(**store_, i, 40, committed); });
    EXPECT_TRUE(writers.wait());
  }
  stop = true;
  EXPECT_TRUE(tail.wait());
  EXPECT_EQ(static_cast<int>(seen.size()), committed.load());
  EXPECT_EQ(scan(Range::of_prefix("v")).size(), seen.size());
}

/// Writes down what it is told, and what a reader would have seen then.
class Witness final : public CommitWatcher {
 public:
  Witness(Store& store, Range range) : store_(store) { store.watches().add(std::move(range), *this); }
  ~Witness() override { store_.watches().remove(*this); }

  void committed(std::string_view key, const std::string_view* value) noexcept override {
    std::lock_guard lock(mutex_);
    told_.push_back(std::string(key) + (value ? "=" + std::string(*value) : "-"));
  }
  std::vector<std::string> told() {
    std::lock_guard lock(mutex_);
    return told_;
  }

 private:
  Store& store_;
  std::mutex mutex_;
  std::vector<std::string> told_;
};

TEST_P(StoreContract, WatchersAreToldOfWhatCommitsWroteInTheirRange) {
  Witness witness(**store_, Range::of_prefix("dT"));
  Witness other(**store_, Range::of_prefix("dT2"));
  put("dT1", "a");
  put("dU", "outside");
  put("dS\xff", "outside");
  put("d", "outside");
  put("dT2", "");
  run_task((*store_)->run({"dT1"}, [](Transaction& t) {
    t.put("dT1", "first");
    t.put("di", "an item");
    t.put("dT1", "last");
    t.erase("dT3");
  }));
  EXPECT_THROW(run_task((*store_)->run({"dT1"},
                                       [](Transaction& t) {
                                         t.put("dT1", "never");
                                         throw std::runtime_error("undone");
                                       })),
               std::runtime_error);
  EXPECT_EQ(witness.told(), (Strings{"dT1=a", "dT2=", "dT1=first", "dT1=last", "dT3-"}));
  EXPECT_EQ(other.told(), Strings{"dT2="});
}

TEST_P(StoreContract, AWatcherThatWasRemovedIsToldNothing) {
  std::optional<Witness> witness(std::in_place, **store_, Range{});
  put("dT1", "a");
  EXPECT_EQ(witness->told(), Strings{"dT1=a"});
  witness.reset();
  put("dT1", "b");  // and nobody is called who is gone
}

/// Told of a commit before its run() returns, in the order of the commits.
class Newest final : public CommitWatcher {
 public:
  explicit Newest(Store& store) : store_(store) { store.watches().add(Range::of_prefix("d"), *this); }
  ~Newest() override { store_.watches().remove(*this); }
  void committed(std::string_view, const std::string_view* value) noexcept override {
    const int number = std::stoi(std::string(*value));
    if (number != newest.load() + 1) in_order = false;
    newest = number;
  }
  std::atomic<int> newest = 0;
  std::atomic<bool> in_order = true;

 private:
  Store& store_;
};

Task<> count_up(Store& store, const Newest& watcher, int times, std::atomic<int>& late) {
  for (int i = 0; i < times; ++i) {
    const int mine = co_await store.run(lock_on("d-counter"), [](Transaction& t) {
      std::string value;
      const int next = t.get("d-counter", value) ? std::stoi(value) + 1 : 1;
      t.put("d-counter", std::to_string(next));
      return next;
    });
    if (watcher.newest.load() < mine) ++late;
  }
}

TEST_P(StoreContract, WatchersAreToldInOrderAndBeforeAnybodyElse) {
  Newest watcher(**store_);
  std::atomic<int> late = 0;
  Crew crew(3);
  for (int i = 0; i < 9; ++i) crew.add([&] { return count_up(**store_, watcher, 30, late); });
  ASSERT_TRUE(crew.wait());
  EXPECT_EQ(watcher.newest.load(), 270);
  EXPECT_TRUE(watcher.in_order);
  EXPECT_EQ(late.load(), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Engines, StoreContract,
    ::testing::Values(
        std::pair<const char*, Factory>{"RocksDbRelaxed", [] { return std::make_unique<Engine>(Durability::relaxed); }},
        std::pair<const char*, Factory>{"RocksDbSync", [] { return std::make_unique<Engine>(Durability::sync); }},
        std::pair<const char*, Factory>{
            "Unruly", [] { return std::make_unique<Engine>(Durability::relaxed, Engine::unruliness); }}),
    [](const auto& info) { return std::string(info.param.first); });

}  // namespace
}  // namespace brume::store
