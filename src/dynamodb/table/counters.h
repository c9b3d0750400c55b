// ItemCount and TableSizeBytes.
//
// Every committed write adds its difference to two atomics in memory, so a write pays two additions and no
// further key. They are written to the store at a clean stop, together with a mark that says so; the mark
// goes away when the service opens. Without it (a crash) the last written numbers are shown, and each
// table is counted again in the background, chunk by chunk, while writes go on: a write behind the chunk
// that has been reached is added to the new count, one before it will be met there. A write that commits
// in the same instant as the chunk it falls into is read may be counted wrongly; therefore numbers that were
// counted while writes went on are not taken for exact: they are counted again after a pause, which grows, until a count
// was left undisturbed; those of a stop before are not written and counted again after the next start. AWS promises an
// update "approximately every six hours".
//
// Indexes are counted in the same way, by the keys of the items that their entries belong to: an index that is
// being filled counts what it is filled with as a recount does.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace brume::dynamodb {

/// Thread-safe.
class TableCounters {
 public:
  TableCounters() = default;

  /// The numbers that were written at a clean stop; `exact` if it was the last one.
  void load(std::int64_t items, std::int64_t bytes, bool exact) {
    items_.store(items, std::memory_order_relaxed);
    bytes_.store(bytes, std::memory_order_relaxed);
    exact_.store(exact, std::memory_order_relaxed);
  }

  /// Do the numbers agree with the store when no write is under way?
  bool exact() const { return exact_.load(std::memory_order_relaxed) && !recounting(); }
  void doubt() { exact_.store(false, std::memory_order_relaxed); }

  std::int64_t items() const { return std::max<std::int64_t>(0, items_.load(std::memory_order_relaxed)); }
  std::int64_t bytes() const { return std::max<std::int64_t>(0, bytes_.load(std::memory_order_relaxed)); }

  /// A committed write of the item with key `item_key` changed the table by this much.
  void add(std::string_view item_key, std::int64_t items, std::int64_t bytes) {
    if (items != 0) items_.fetch_add(items, std::memory_order_relaxed);
    if (bytes != 0) bytes_.fetch_add(bytes, std::memory_order_relaxed);
    if (!recounting_.load(std::memory_order_acquire)) return;
    std::lock_guard lock(mutex_);
    disturbed_ = true;
    if (item_key >= counted_to_) return;
    counted_items_ += items;
    counted_bytes_ += bytes;
  }

  void start_recount() {
    std::lock_guard lock(mutex_);
    counted_items_ = counted_bytes_ = 0;
    counted_to_.clear();
    disturbed_ = false;
    recounting_.store(true, std::memory_order_release);
  }

  /// The recount found this much in the keys from the last chunk's end up to `chunk_end`.
  void add_chunk(std::int64_t items, std::int64_t bytes, std::string chunk_end) {
    std::lock_guard lock(mutex_);
    counted_items_ += items;
    counted_bytes_ += bytes;
    counted_to_ = std::move(chunk_end);
  }

  void finish_recount() {
    std::lock_guard lock(mutex_);
    items_.store(counted_items_, std::memory_order_relaxed);
    bytes_.store(counted_bytes_, std::memory_order_relaxed);
    exact_.store(!disturbed_, std::memory_order_relaxed);
    recounting_.store(false, std::memory_order_release);
  }

  bool recounting() const { return recounting_.load(std::memory_order_acquire); }

 private:
  std::atomic<std::int64_t> items_ = 0;
  std::atomic<std::int64_t> bytes_ = 0;
  std::atomic<bool> recounting_ = false;
  std::atomic<bool> exact_ = true;
  std::mutex mutex_;
  bool disturbed_ = false;  // a write was counted during the recount
  std::string counted_to_;
  std::int64_t counted_items_ = 0;
  std::int64_t counted_bytes_ = 0;
};

}  // namespace brume::dynamodb
