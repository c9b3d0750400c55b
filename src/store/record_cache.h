// The records that are read most, in memory in front of the engine: a point read that hits searches nothing else.
//
// What it promises: a value it hands out is the current one of its key, and was so without a break since the state that
// it names. That holds because every write announces its keys before the engine can show them (begin_write takes
// the value out of service) and reports when they are visible (end_write), and because a reader's find is kept only
// if its key had no write under way at the look-up and its shard saw none begin since.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace brume::store {

/// Number of a state of the engine; rises with each write that becomes visible.
using StateNumber = std::uint64_t;

/// Thread-safe; sharded by key. Values leave in the order in which they came, but those that were read meanwhile get
/// another round.
class RecordCache {
 public:
  /// Holds at most `bytes`, its own bookkeeping for the records included. 0: nothing is ever kept.
  explicit RecordCache(std::size_t bytes);
  ~RecordCache();
  RecordCache(const RecordCache&) = delete;
  RecordCache& operator=(const RecordCache&) = delete;

  static constexpr std::size_t kRecordBytesMax = 16 * 1024;  ///< longer ones (key and value) are not kept
  static constexpr StateNumber kNewest = ~StateNumber{0};

  /// What a look-up that missed leaves for insert().
  class Ticket {
   public:
    /// The key's current value may be inserted unless a write begins first.
    bool may_insert() const { return may_insert_; }

   private:
    friend class RecordCache;
    std::uint64_t hash_ = 0;
    std::uint64_t epoch_ = 0;
    bool may_insert_ = false;
  };

  /// Copies the value of `key` as of state `as_of` (kNewest: as of now) if it is known. `since` is then a state,
  /// `as_of` or older, at which the value was current already; it still is. Otherwise fills in `ticket`.
  bool get(std::string_view key, StateNumber as_of, std::string& value, StateNumber& since, Ticket& ticket);

  /// Keeps what the engine said was the current value of `key` at some moment after the look-up that gave `ticket`.
  /// `since`: a state that was the newest at some moment between that look-up and the read.
  void insert(std::string_view key, std::string_view value, StateNumber since, const Ticket& ticket);

  /// Before the engine is given a write of `key`. Each call must be followed by one of end_write for the key.
  void begin_write(std::string_view key);
  /// The write is visible: `value` is what the key holds now, nullptr if it was erased. `since`: a state that was
  /// the newest at some moment from then on.
  void end_write(std::string_view key, const std::string_view* value, StateNumber since);
  /// The write failed, or nobody knows.
  void abandon_write(std::string_view key);

  /// For writes of very many keys, instead of the above: nothing is inserted between block() and unblock(). Between
  /// block() and the engine's write each of the keys must be given to remove(). Calls nest.
  void block();
  void remove(std::string_view key);
  void unblock();

  bool enabled() const { return shard_bytes_max_ != 0; }
  /// What the records take up now, at most what the constructor was given.
  std::size_t bytes() const;

 private:
  struct Record;
  struct Write;
  struct Shard;
  static constexpr std::size_t kShards = 64;

  Shard& shard_of(std::uint64_t hash) const;
  void finish_write(std::string_view key, const std::string_view* value, bool known, StateNumber since);

  std::unique_ptr<Shard[]> shards_;
  std::size_t shard_bytes_max_;
};

}  // namespace brume::store
