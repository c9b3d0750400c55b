// For tests: an engine that does what store.h allows and RocksDB does not, as a database across a network would; and
// several nodes on one store. What happens follows from a seed, as far as threads do.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "store/commit_watches.h"
#include "store/store.h"

namespace brume::store::testing {

namespace unruly {

/// Leaves a body in its middle, as an engine does that has to fetch what is asked for.
struct Abandoned {};

/// Counts a body's calls and ends it at the last of them.
class Patience {
 public:
  explicit Patience(std::uint64_t calls) : calls_(calls) {}
  void spend() {
    if (calls_-- == 0) throw Abandoned();
  }

 private:
  std::uint64_t calls_;
};

class ImpatientCursor final : public Cursor {
 public:
  ImpatientCursor(std::unique_ptr<Cursor> inner, Patience& patience) : inner_(std::move(inner)), patience_(patience) {}
  bool valid() const override { return inner_->valid(); }
  std::string_view key() const override { return inner_->key(); }
  std::string_view value() const override { return inner_->value(); }
  void next() override {
    patience_.spend();
    inner_->next();
  }

 private:
  std::unique_ptr<Cursor> inner_;
  Patience& patience_;
};

/// A transaction, or a mere read, whose writes go nowhere.
class Rehearsal final : public Transaction {
 public:
  Rehearsal(Reader& reader, Transaction* transaction, std::uint64_t calls)
      : reader_(reader), transaction_(transaction), patience_(calls) {}

  bool get(std::string_view key, std::string& value) override {
    patience_.spend();
    const auto own = writes_.find(key);
    if (own == writes_.end()) return reader_.get(key, value);
    if (own->second) value = *own->second;
    return own->second.has_value();
  }
  std::unique_ptr<Cursor> scan(const Range& range, Direction direction) override {
    patience_.spend();
    return std::make_unique<ImpatientCursor>(reader_.scan(range, direction), patience_);
  }
  void put(std::string_view key, std::string_view value) override {
    writes_.insert_or_assign(std::string(key), std::string(value));
  }
  void erase(std::string_view key) override { writes_.insert_or_assign(std::string(key), std::nullopt); }
  CommitVersion version() override { return transaction_->version(); }
  void use_reserve() override {}

 private:
  Reader& reader_;
  Transaction* transaction_;
  Patience patience_;
  std::map<std::string, std::optional<std::string>, std::less<>> writes_;
};

/// True if the body was left in its middle; what it throws of its own it will throw again.
template <class Body>
bool rehearse(const Body& body, Rehearsal rehearsal) {
  try {
    body(rehearsal);
  } catch (const Abandoned&) {
    return true;
  }
  return false;
}

inline constexpr std::uint64_t kCallsMax = 12;

}  // namespace unruly

/// How often something happens, in percent of the calls.
struct Unruliness {
  std::uint64_t seed = 1;
  int rerun = 30;  ///< a body is abandoned at some call of its reader, up to three times, before it runs to its end
  int delay = 30;  ///< a call takes up to `delay_max` longer, before or after its work
  int transient = 0;  ///< a transaction does not happen: StoreError, transient
  int unknown = 0;  ///< a transaction happens or does not: StoreError, unknown
  std::chrono::microseconds delay_max{300};
  std::chrono::milliseconds news_delay_max{200};  ///< of other nodes' commits: how late watchers are told of them
};

/// What one node sees of a store that it shares. Its own commits are told to its watchers before run() returns; those of
/// others late, but in the order of all commits.
class UnrulyStore final : public Store {
 public:
  /// `inner` outlives the object.
  UnrulyStore(Store& inner, Unruliness how);
  /// Nobody watches any more.
  ~UnrulyStore() override;

  Task<bool> get(std::string_view key, std::string& value) override;
  CommitVersion visible_version() const override { return inner_.visible_version(); }
  CommitWatches& watches() override { return watches_; }
  StoreState state() const override { return inner_.state(); }
  void set_room(std::uint64_t free_bytes, std::uint64_t kept_bytes) override {
    inner_.set_room(free_bytes, kept_bytes);
  }
  void reclaim() override { inner_.reclaim(); }
  bool recover() override { return inner_.recover(); }
  void close() override { inner_.close(); }

  /// Bodies that were abandoned, and outcomes that were made up, so far.
  std::uint64_t abandoned() const { return abandoned_; }
  std::uint64_t failures() const { return failures_; }

 private:
  struct News {
    std::string key;
    std::optional<std::string> value;
    std::chrono::steady_clock::time_point due;
  };
  /// Hears of all commits, in their order.
  class Reporter final : public CommitWatcher {
   public:
    explicit Reporter(UnrulyStore& owner) : owner_(owner) {}
    void committed(std::string_view key, const std::string_view* value) noexcept override { owner_.hear(key, value); }

   private:
    UnrulyStore& owner_;
  };

  Task<> read_erased(std::function<void(Reader&)> body) override;
  Task<> run_erased(LockKeys locks, std::function<void(Transaction&)> body) override;
  Task<> dawdle();
  bool happens(int percent);
  std::uint64_t draw(std::uint64_t below);
  void hear(std::string_view key, const std::string_view* value);
  void tell_all();
  void tell_until(std::chrono::steady_clock::time_point now);
  void work();

  Store& inner_;
  const Unruliness how_;
  CommitWatches watches_;
  std::mutex random_mutex_;
  std::mt19937_64 random_;
  std::atomic<std::uint64_t> abandoned_ = 0;
  std::atomic<std::uint64_t> failures_ = 0;
  std::mutex telling_;  // before mutex_: who tells does so in order
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<News> news_;
  bool stopping_ = false;
  Reporter reporter_{*this};
  std::thread thread_;
};

inline UnrulyStore::UnrulyStore(Store& inner, Unruliness how)
    : inner_(inner), how_(how), random_(how.seed), thread_([this] { work(); }) {
  inner_.watches().add(Range{}, reporter_);
}

inline UnrulyStore::~UnrulyStore() {
  inner_.watches().remove(reporter_);
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

inline std::uint64_t UnrulyStore::draw(std::uint64_t below) {
  std::lock_guard lock(random_mutex_);
  return random_() % below;
}

inline bool UnrulyStore::happens(int percent) { return percent > 0 && draw(100) < static_cast<std::uint64_t>(percent); }

inline Task<> UnrulyStore::dawdle() {
  if (!happens(how_.delay)) co_return;
  const auto most = static_cast<std::uint64_t>(how_.delay_max.count());
  co_await sleep_for(std::chrono::microseconds(draw(most + 1)));
}

inline Task<bool> UnrulyStore::get(std::string_view key, std::string& value) {
  co_await dawdle();
  const bool found = co_await inner_.get(key, value);
  co_await dawdle();
  co_return found;
}

inline Task<> UnrulyStore::read_erased(std::function<void(Reader&)> body) {
  co_await dawdle();
  auto unruly = [this, &body](Reader& reader) {
    for (int i = 0; i < 3 && happens(how_.rerun); ++i)
      if (unruly::rehearse(body, unruly::Rehearsal(reader, nullptr, draw(unruly::kCallsMax)))) ++abandoned_;
    body(reader);
  };
  co_await inner_.read(unruly);
  co_await dawdle();
}

inline Task<> UnrulyStore::run_erased(LockKeys locks, std::function<void(Transaction&)> body) {
  co_await dawdle();
  if (happens(how_.transient)) {
    ++failures_;
    throw StoreError(StoreError::Kind::transient, "made up: the transaction was in another's way");
  }
  const bool unknown = happens(how_.unknown);
  if (unknown && happens(50)) {
    ++failures_;
    throw StoreError(StoreError::Kind::unknown, "made up: the connection was lost, and nothing has happened");
  }
  auto unruly = [this, &body](Transaction& transaction) {
    for (int i = 0; i < 3 && happens(how_.rerun); ++i)
      if (unruly::rehearse(body, unruly::Rehearsal(transaction, &transaction, draw(unruly::kCallsMax)))) ++abandoned_;
    body(transaction);
  };
  co_await inner_.run(std::move(locks), unruly);
  tell_all();
  co_await dawdle();
  if (!unknown) co_return;
  ++failures_;
  throw StoreError(StoreError::Kind::unknown, "made up: the connection was lost, and all has happened");
}

inline void UnrulyStore::hear(std::string_view key, const std::string_view* value) {
  const auto most = static_cast<std::uint64_t>(std::chrono::microseconds(how_.news_delay_max).count());
  News news{std::string(key), std::nullopt,
            std::chrono::steady_clock::now() + std::chrono::microseconds(draw(most + 1))};
  if (value) news.value.emplace(*value);
  {
    std::lock_guard lock(mutex_);
    news_.push_back(std::move(news));
  }
  changed_.notify_all();
}

inline void UnrulyStore::tell_all() { tell_until(std::chrono::steady_clock::time_point::max()); }

inline void UnrulyStore::tell_until(std::chrono::steady_clock::time_point now) {
  std::lock_guard order(telling_);
  while (true) {
    News news;
    {
      std::lock_guard lock(mutex_);
      if (news_.empty() || news_.front().due > now) return;
      news = std::move(news_.front());
      news_.pop_front();
    }
    if (!watches_.may_watch(news.key)) continue;
    const std::string_view value = news.value ? std::string_view(*news.value) : std::string_view();
    watches_.tell(news.key, news.value ? &value : nullptr);
  }
}

inline void UnrulyStore::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (news_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto due = news_.front().due;
    changed_.wait_until(lock, due);
    lock.unlock();
    tell_until(std::chrono::steady_clock::now());
    lock.lock();
  }
}

}  // namespace brume::store::testing
