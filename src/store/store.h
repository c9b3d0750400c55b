// The engine: an ordered, durable, transactional key space.
//
// Keys and values are byte strings; keys sort as unsigned bytes. A second engine is a second folder
// beside rocksdb/ that passes store/contract_test.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/task.h"

namespace brume::store {

/// Position of a commit in the order of all commits; rises with each, also across restarts.
using CommitVersion = std::uint64_t;

/// When a commit is acknowledged.
enum class Durability : std::uint8_t {
  sync,     ///< after it is on stable storage
  relaxed,  ///< after the operating system has it; on stable storage within a second
};

/// Half-open range of keys [begin, end). An empty `end` means no upper bound.
struct Range {
  std::string begin;
  std::string end;
  /// All keys that start with `prefix`.
  static Range of_prefix(std::string_view prefix);
  bool contains(std::string_view key) const { return key >= begin && (end.empty() || key < end); }
};

enum class Direction : std::uint8_t { forward, backward };

/// Walks a range in key order. Views stay valid until the next call of next().
class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual bool valid() const = 0;
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  virtual void next() = 0;
};

/// Reads one consistent state. Used only inside a body given to Store::read or Store::run, where any
/// call may abandon the body (by an internal exception) to run it again where reads may block: bodies
/// have no effect outside but through what they return.
class Reader {
 public:
  virtual ~Reader() = default;
  /// Copies the value into `value`; false if the key is absent (`value` is then unspecified).
  virtual bool get(std::string_view key, std::string& value) = 0;
  virtual std::unique_ptr<Cursor> scan(const Range& range, Direction direction = Direction::forward) = 0;
};

/// A Reader that also writes. Reads see the transaction's own writes (get only; a scan sees the state
/// before the transaction). Everything written commits at once or not at all.
class Transaction : public Reader {
 public:
  virtual void put(std::string_view key, std::string_view value) = 0;
  virtual void erase(std::string_view key) = 0;
  /// This transaction's place in the order of commits; the same on every call. Two transactions that
  /// share a latch get versions in the order in which they commit.
  virtual CommitVersion version() = 0;
  /// This commit frees space, or the server needs it to go on: it is let through while disk space is short
  /// (disk_space.h). What erases keys and puts no more than a little beside them is so without being told.
  virtual void use_reserve() = 0;
};

/// Names what a transaction reads and then writes: transactions that share a lock key run one after
/// the other. Any byte string; usually the key of the item.
using LockKeys = std::vector<std::string>;

/// Builds lock keys. In a coroutine use this rather than braces, which GCC 12 cannot compile there.
template <class... Keys>
LockKeys lock_on(Keys&&... keys) {
  LockKeys locks;
  locks.reserve(sizeof...(keys));
  (locks.emplace_back(std::forward<Keys>(keys)), ...);
  return locks;
}

/// Why the engine failed. Nothing was acknowledged; the front door answers InternalServerError. After one failed write
/// RocksDB's engine logs it once and refuses every commit (Unavailable) until the store is opened again or recover()
/// succeeds, because nobody knows what the log holds; reads go on.
class StoreError : public std::runtime_error {
 public:
  enum class Kind : std::uint8_t {
    refused,    ///< nothing happened, nor will it: the store is closed, or cannot be opened
    transient,  ///< nothing happened; the same may succeed later
    unknown,    ///< a transaction that has committed, or not: who repeats it must look first
    corrupt,    ///< what lies in the store cannot be read, and will not be later
  };
  StoreError(Kind kind, const std::string& text) : std::runtime_error(text), kind_(kind) {}
  Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

/// The bytes are not a record of a known format: this record is lost, the store is sound.
class DamagedRecord : public StoreError {
 public:
  explicit DamagedRecord(const std::string& text) : StoreError(Kind::corrupt, text) {}
};

/// How the engine stands.
struct StoreState {
  std::string failure;  ///< why commits are refused; "": they are not
  /// That what is there will yet take of the disk: memory to be written, files being rewritten, a new log.
  std::uint64_t unwritten_bytes = 0;
};

class CommitWatches;  // commit_watches.h

class Store {
 public:
  virtual ~Store() = default;

  /// Latest committed value of one key. Answers from memory at once, else reads on the pool and resumes
  /// on the caller's loop. Errors: StoreError, never of kind unknown.
  virtual Task<bool> get(std::string_view key, std::string& value) = 0;

  /// Runs `body(Reader&)` against one snapshot and returns what it returns. The body runs on the
  /// caller's loop as long as memory answers, and is run again from its start on a pool thread when a
  /// read has to wait for the disk. What it throws comes out here.
  template <class F>
  Task<std::invoke_result_t<F&, Reader&>> read(F body);

  /// Holds the latches of `locks`, runs `body(Transaction&)` and commits what it wrote; returns what it
  /// returned, once the commit is durable. A body that writes nothing commits nothing. An exception
  /// from the body undoes everything and comes out here. The body may run more than once (see Reader).
  /// Errors: StoreError; if it is of kind unknown the outcome is so until the store is opened again or recovered.
  /// Unavailable (base/error.h) when nothing was done, because commits are refused or disk space is short.
  template <class F>
  Task<std::invoke_result_t<F&, Transaction&>> run(LockKeys locks, F body);

  /// All commits up to and including this version are visible to readers; for tailing streams.
  virtual CommitVersion visible_version() const = 0;

  /// Whom this engine tells of what commits wrote: in the order that CommitWatcher states, only what has committed, and
  /// before run() returns. They are gone before the store is destroyed.
  virtual CommitWatches& watches() = 0;

  /// Thread-safe; costs no more than a look.
  virtual StoreState state() const = 0;
  /// What there is on the disk now, as measured, and how much of it work that rewrites files (compaction) leaves alone:
  /// so it never takes the room that commits count on. Thread-safe; costs no more than a look.
  virtual void set_room(std::uint64_t free_bytes, std::uint64_t kept_bytes) = 0;
  /// Starts to write what is held in memory, so that the log's copy of it can go. For when disk space is short, but there
  /// is enough for that (StoreState::unwritten_bytes). Thread-safe.
  virtual void reclaim() = 0;
  /// After a write that failed because the disk was full, and room was made: puts all that was acknowledged into new
  /// files, leaves the doubtful log behind and takes commits again. The failed commits have then not happened. False: not
  /// (yet) possible, or the failure was another one. Blocks; not on a loop. One thread at a time.
  virtual bool recover() = 0;

  /// Writes everything to stable storage and stops; afterwards opening replays no log, and every operation answers
  /// StoreError "closed". Call it once, at a clean stop, with no operation under way.
  virtual void close() = 0;

 protected:
  virtual Task<> read_erased(std::function<void(Reader&)> body) = 0;
  virtual Task<> run_erased(LockKeys locks, std::function<void(Transaction&)> body) = 0;
};

template <class F>
Task<std::invoke_result_t<F&, Reader&>> Store::read(F body) {
  using R = std::invoke_result_t<F&, Reader&>;
  if constexpr (std::is_void_v<R>) {
    co_await read_erased([&body](Reader& reader) { body(reader); });
  } else {
    std::optional<R> result;
    co_await read_erased([&](Reader& reader) { result.emplace(body(reader)); });
    co_return std::move(*result);
  }
}

template <class F>
Task<std::invoke_result_t<F&, Transaction&>> Store::run(LockKeys locks, F body) {
  using R = std::invoke_result_t<F&, Transaction&>;
  if constexpr (std::is_void_v<R>) {
    co_await run_erased(std::move(locks), [&body](Transaction& transaction) { body(transaction); });
  } else {
    std::optional<R> result;
    co_await run_erased(std::move(locks), [&](Transaction& transaction) { result.emplace(body(transaction)); });
    co_return std::move(*result);
  }
}

}  // namespace brume::store
