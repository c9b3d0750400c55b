// Records of the store as loops serve from them: parsed once, kept in memory, and right because the cache hears of every
// change of its records (changes.h). The one mechanism for all read-mostly records; nothing else invalidates what it keeps.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/log.h"
#include "cluster/changes.h"
#include "store/store.h"

namespace brume::cluster {

/// Tells caches apart that share a thread's memory.
inline std::uint64_t next_cache_id() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

/// Values by the key of the record they are made of. Thread-safe.
///
/// A value is put in by a Load, which read the store, or by a change as it is committed; follow() says what changes do.
/// Both uses are right: a *complete* picture (all records loaded at the start, changes keep and drop) and a cache filled *on
/// demand* (changes drop). What a Load read before a change of the record is not kept after it.
///
/// find() of what is kept takes no lock and writes no memory that other threads use: each thread has a map of its own,
/// which lasts until something that is kept changes; also the reference counts it hands out are the thread's.
template <class Value>
class KeptRecords {
 public:
  using Ptr = std::shared_ptr<const Value>;

  /// With more than `max` values all are dropped and found anew. A complete picture has no maximum.
  explicit KeptRecords(store::Store& store, std::size_t max = std::numeric_limits<std::size_t>::max())
      : store_(store), max_(max) {}
  KeptRecords(const KeptRecords&) = delete;
  KeptRecords& operator=(const KeptRecords&) = delete;

  /// What a change may do, while it is being told.
  class Edit {
   public:
    void keep(std::string_view key, Ptr value) { owner_.put(key, std::move(value)); }
    void drop(std::string_view key) { owner_.drop({std::string(key), std::string(key) + '\0'}); }
    void drop(const store::Range& range) { owner_.drop(range); }
    /// Drops what `dropped(const Value&)` is true of, and turns all loads under way away: nobody knows what they found.
    template <class F>
    void drop_if(F dropped) {
      owner_.drop_if(std::move(dropped));
    }
    /// What is kept now, or null.
    Ptr kept(std::string_view key) const { return owner_.shared(key); }

   private:
    friend KeptRecords;
    explicit Edit(KeptRecords& owner) : owner_(owner) {}
    KeptRecords& owner_;
  };

  using Apply = std::function<void(const Change&, Edit&)>;
  /// `apply` is run for each change in `range`, as Changes tells it, before anybody knows of the commit. If it throws, that is
  /// logged and the record is dropped. Call it before anything is loaded.
  void follow(store::Range range, Apply apply) {
    auto listener = [this, apply = std::move(apply)](const Change& change) {
      Edit edit(*this);
      try {
        apply(change, edit);
      } catch (const std::exception& error) {
        log_error("record_change_not_taken", {{"error", error.what()}});
        edit.drop(change.key);
      }
    };
    changes_.emplace_back(store_, std::move(range), std::move(listener));
  }

  /// Null if it is not kept.
  Ptr find(std::string_view key) const {
    Local& local = local_memory();
    if (local.owner == id_ && local.generation == generation_.load(std::memory_order_acquire)) {
      const auto found = local.map.find(key);
      if (found != local.map.end()) return found->second;
    }
    return find_shared(local, key);
  }

  /// What is kept in a range, in the order of its keys.
  std::vector<Ptr> list(const store::Range& range) const {
    std::lock_guard lock(mutex_);
    std::vector<Ptr> values;
    for (auto at = map_.lower_bound(range.begin); at != map_.end() && range.contains(at->first); ++at)
      values.push_back(at->second);
    return values;
  }
  bool empty() const {
    std::lock_guard lock(mutex_);
    return map_.empty();
  }

  /// Brings what a reader finds in the store. Made before the read begins; may be destroyed on another thread.
  class Load {
   public:
    explicit Load(KeptRecords& owner) : owner_(owner), begun_(owner.begin_load()) {}
    ~Load() { owner_.end_load(); }
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    /// Keeps the value, unless the record, or what it is dropped with, changed since the load was made.
    void keep(std::string_view key, Ptr value) { owner_.put_loaded(key, std::move(value), begun_); }

   private:
    KeptRecords& owner_;
    std::uint64_t begun_;
  };

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
  };
  /// One thread's. Its values are among the shared ones, or the generation has moved on.
  struct Local {
    std::uint64_t owner = 0;
    std::uint64_t generation = 0;
    std::unordered_map<std::string, Ptr, Hash, std::equal_to<>> map;
  };
  struct Changed {
    store::Range range;
    std::uint64_t number;
  };
  static constexpr std::size_t kChangedMax = 256;  // more are remembered as one of everything

  static Local& local_memory() {
    thread_local Local local;
    return local;
  }

  Ptr shared(std::string_view key) const {
    std::lock_guard lock(mutex_);
    const auto found = map_.find(key);
    return found == map_.end() ? nullptr : found->second;
  }

  Ptr find_shared(Local& local, std::string_view key) const {
    std::lock_guard lock(mutex_);
    const std::uint64_t generation = generation_.load(std::memory_order_relaxed);
    if (local.owner != id_ || local.generation != generation) {
      local.map.clear();
      local.owner = id_;
      local.generation = generation;
    }
    const auto found = map_.find(key);
    if (found == map_.end()) return nullptr;
    // A holder of this thread's own, so that its reference count is in no other core's cache.
    auto holder = std::make_shared<Ptr>(found->second);
    const Ptr own(holder, holder->get());
    local.map.emplace(key, own);
    return own;
  }

  // The following are called with mutex_ held.
  void outdate() { generation_.fetch_add(1, std::memory_order_release); }
  void insert(std::string_view key, Ptr value) {
    if (const auto found = map_.find(key); found != map_.end()) {
      found->second = std::move(value);
      return outdate();
    }
    if (map_.size() >= max_) {
      map_.clear();
      outdate();
    }
    map_.emplace(key, std::move(value));
  }
  void note(store::Range range) {
    ++number_;
    if (loads_ == 0) return;
    if (!changed_.empty() && changed_.back().range.begin == range.begin && changed_.back().range.end == range.end) {
      changed_.back().number = number_;
      return;
    }
    if (changed_.size() >= kChangedMax) {
      changed_.clear();
      range = {};
    }
    changed_.push_back({std::move(range), number_});
  }

  void put(std::string_view key, Ptr value) {
    std::lock_guard lock(mutex_);
    note({std::string(key), std::string(key) + '\0'});
    insert(key, std::move(value));
  }
  void drop(const store::Range& range) {
    std::lock_guard lock(mutex_);
    note(range);
    auto end = map_.lower_bound(range.begin);
    const auto begin = end;
    while (end != map_.end() && range.contains(end->first)) ++end;
    if (begin == end) return;
    map_.erase(begin, end);
    outdate();
  }
  template <class F>
  void drop_if(F dropped) {
    std::lock_guard lock(mutex_);
    note({});
    if (std::erase_if(map_, [&](const auto& entry) { return dropped(*entry.second); }) != 0) outdate();
  }

  std::uint64_t begin_load() {
    std::lock_guard lock(mutex_);
    ++loads_;
    return number_;
  }
  void end_load() {
    std::lock_guard lock(mutex_);
    if (--loads_ == 0) changed_.clear();
  }
  void put_loaded(std::string_view key, Ptr value, std::uint64_t begun) {
    std::lock_guard lock(mutex_);
    for (const Changed& changed : changed_)
      if (changed.number > begun && changed.range.contains(key)) return;
    if (!map_.contains(key)) insert(key, std::move(value));  // else another load was faster, with the same
  }

  store::Store& store_;
  const std::size_t max_;
  const std::uint64_t id_ = next_cache_id();
  std::atomic<std::uint64_t> generation_{1};  // of what is kept: rises when something of it is replaced or dropped
  mutable std::mutex mutex_;  // never held while anything waits
  std::map<std::string, Ptr, std::less<>> map_;
  std::uint64_t number_ = 0;  // of the last change
  std::size_t loads_ = 0;  // under way
  std::vector<Changed> changed_;  // while loads were under way
  std::list<Changes> changes_;  // last: no change is told any more while the rest goes
};

}  // namespace brume::cluster
