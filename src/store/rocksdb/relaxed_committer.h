// Commits the relaxed transactions of one turn of a loop with one write.
#pragma once

#include <rocksdb/status.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/blocking_pool.h"
#include "base/task.h"
#include "store/rocksdb/commit_entry.h"

namespace brume::store {

/// The first transaction that is ready posts a handler to its loop; those that become ready before that handler runs
/// join it. With 64 connections that is one append to the log for dozens of commits. As long as nobody joins, commits
/// are written at once, and only one in kProbeEvery looks whether that is still so.
///
/// Thread-safe. Must outlive the transactions under way.
class RelaxedCommitter {
 public:
  enum class MayWait { no, yes };
  /// Writes a group without syncing it. If it may not wait and would have to, nothing is written and the status is
  /// Incomplete; it is then called again on a thread of the pool. Must not throw.
  using Write = std::function<rocksdb::Status(CommitGroup, MayWait)>;

  RelaxedCommitter(BlockingPool& pool, Write write);
  ~RelaxedCommitter();

  /// Returns when the entry was written or has failed: look at `failed`. On the entry's loop.
  Task<> commit(CommitEntry& entry);

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
  void write_on_pool(std::unique_ptr<Batch> batch);

  BlockingPool& pool_;
  Write write_;
  std::shared_ptr<OpenBatches> open_;  // shared with the posted handlers, which may outlive us unrun
  std::atomic<unsigned> alone_ = 0;    // commits since somebody last joined
};

}  // namespace brume::store
