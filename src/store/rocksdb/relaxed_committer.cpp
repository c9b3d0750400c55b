#include "store/rocksdb/relaxed_committer.h"

#include <algorithm>
#include <utility>

namespace brume::store {

struct RelaxedCommitter::Batch {
  asio::io_context* loop = nullptr;
  std::vector<CommitEntry*> group;
  std::size_t bytes = 0;
  WaiterChain waiters;  // the group's
};

/// The batches that still take transactions in, at most one a loop.
struct RelaxedCommitter::OpenBatches {
  std::mutex mutex;
  std::vector<Batch*> batches;

  void close(Batch* batch) {
    std::lock_guard lock(mutex);
    std::erase(batches, batch);
  }
};

/// The posted handler. A loop that is destroyed without running it destroys the coroutines that wait for it.
class RelaxedCommitter::Flush {
 public:
  Flush(RelaxedCommitter& owner, std::unique_ptr<Batch> batch)
      : owner_(&owner), open_(owner.open_), batch_(std::move(batch)) {}
  Flush(Flush&&) noexcept = default;
  Flush& operator=(Flush&&) = delete;
  ~Flush() {
    if (batch_) open_->close(batch_.get());
  }
  void operator()() {
    open_->close(batch_.get());
    owner_->flush(std::move(batch_));
  }

 private:
  RelaxedCommitter* owner_;
  std::shared_ptr<OpenBatches> open_;
  std::unique_ptr<Batch> batch_;
};

RelaxedCommitter::RelaxedCommitter(BlockingPool& pool, Write write)
    : pool_(pool), write_(std::move(write)), open_(std::make_shared<OpenBatches>()) {}

RelaxedCommitter::~RelaxedCommitter() = default;

// A race between loops costs at most that one of them guesses wrong.
bool RelaxedCommitter::likely_alone() {
  const unsigned alone = alone_.load(std::memory_order_relaxed);
  if (alone < kProbeEvery || alone % kProbeEvery == 0) return false;
  alone_.store(alone + 1, std::memory_order_relaxed);
  return true;
}

Task<> RelaxedCommitter::commit(CommitEntry& entry) {
  if (likely_alone()) {
    CommitEntry* const group[] = {&entry};
    rocksdb::Status status = write_(group, MayWait::no);
    if (status.IsIncomplete()) {
      auto work = [this, &group] { return write_(group, MayWait::yes); };
      status = co_await pool_.run(std::move(work));
    }
    entry.failed = !status.ok();
    co_return;
  }
  co_await suspend(entry.waiter, [this, &entry](Waiter&) { join(entry); });
}

void RelaxedCommitter::join(CommitEntry& entry) {
  const LoopExecutor loop = entry.waiter.loop;
  std::unique_lock lock(open_->mutex);
  auto& open = open_->batches;
  const auto at = std::find_if(open.begin(), open.end(), [&](Batch* batch) { return batch->loop == &loop.context(); });
  std::unique_ptr<Batch> created;
  Batch* batch = nullptr;
  if (at != open.end()) {
    batch = *at;
  } else {
    created = std::make_unique<Batch>();
    batch = created.get();
    batch->loop = &loop.context();
    open.push_back(batch);
  }
  batch->group.push_back(&entry);
  batch->waiters.push(entry.waiter);
  batch->bytes += entry.writes.records().size();
  if (batch->bytes >= kBatchBytesMax) std::erase(open, batch);
  lock.unlock();
  if (created) asio::post(loop, Flush(*this, std::move(created)));
}

void RelaxedCommitter::flush(std::unique_ptr<Batch> batch) {
  if (batch->group.size() > 1) alone_.store(0, std::memory_order_relaxed);
  else alone_.fetch_add(1, std::memory_order_relaxed);
  const rocksdb::Status status = write_(batch->group, MayWait::no);
  if (status.IsIncomplete()) return write_on_pool(std::move(batch));
  for (CommitEntry* entry : batch->group) entry->failed = !status.ok();
  batch->waiters();
}

void RelaxedCommitter::write_on_pool(std::unique_ptr<Batch> batch) {
  pool_.post([this, batch = std::shared_ptr<Batch>(std::move(batch))] {
    const rocksdb::Status status = write_(batch->group, MayWait::yes);
    for (CommitEntry* entry : batch->group) entry->failed = !status.ok();
    const LoopExecutor loop = batch->waiters.loop();
    asio::post(loop, std::move(batch->waiters));
  });
}

}  // namespace brume::store
