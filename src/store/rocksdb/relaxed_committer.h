// Commits the relaxed transactions of one turn of a loop with one write, and keeps writes that may block off the loop.
#pragma once

#include <rocksdb/status.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/task.h"
#include "store/rocksdb/commit_entry.h"
#include "store/rocksdb/group_committer.h"

namespace brume::store {

/// The first transaction that is ready posts a handler to its loop; those that become ready before that handler runs
/// join it. With 64 connections that is one append to the log for dozens of commits. As long as nobody joins, commits
/// are written at once, and only one in kProbeEvery looks whether that is still so.
///
/// A write happens on the loop as long as nothing says that it may block: no other thread writes, and `quiet` holds.
/// Otherwise a thread of its own writes what waits, of all loops together.
///
/// Thread-safe. Must outlive the transactions under way.
class RelaxedCommitter {
 public:
  enum class MayWait { no, yes };
  /// Writes a group without syncing it. If it may not wait and would have to, nothing is written and the status is
  /// Incomplete; it is then called again on the committer's thread. Must not throw.
  using Write = std::function<rocksdb::Status(CommitGroup, MayWait)>;
  /// Whether a write would now pass without waiting for the disk or for the engine, as far as can be told. Called on
  /// loops, must be quick.
  using Quiet = std::function<bool()>;

  RelaxedCommitter(Quiet quiet, Write write);
  ~RelaxedCommitter();

  /// Returns when the entry was written or has failed: look at `failed`. On the entry's loop.
  Task<> commit(CommitEntry& entry);

  /// True while a new transaction should wait_for_room() before it begins.
  bool full() const { return thread_->full(); }
  Task<> wait_for_room() { return thread_->wait_for_room(); }

  /// A batch that has grown to this takes no more in.
  static constexpr std::size_t kBatchBytesMax = 4 * 1024 * 1024;
  static constexpr unsigned kProbeEvery = 16;

 private:
  struct Batch;
  struct OpenBatches;
  class Flush;

  bool likely_alone();
  void join(CommitEntry& entry);
  void flush(std::unique_ptr<Batch> batch);
  bool write_here(CommitGroup group);

  Quiet quiet_;
  Write write_;
  std::atomic<bool> writing_ = false;  // by any thread
  std::shared_ptr<OpenBatches> open_;  // shared with the posted handlers, which may outlive us unrun
  std::atomic<unsigned> alone_ = 0;    // commits since somebody last joined
  std::unique_ptr<GroupCommitter> thread_;
};

}  // namespace brume::store
