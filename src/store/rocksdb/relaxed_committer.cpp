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

RelaxedCommitter::RelaxedCommitter(Quiet quiet, Write write)
    : quiet_(std::move(quiet)), write_(std::move(write)), open_(std::make_shared<OpenBatches>()) {
  thread_ = std::make_unique<GroupCommitter>([this](CommitGroup group) {
    writing_.store(true, std::memory_order_release);
    const rocksdb::Status status = write_(group, MayWait::yes);
    writing_.store(false, std::memory_order_release);
    return status;
  });
}

RelaxedCommitter::~RelaxedCommitter() = default;

// A race between loops costs at most that one of them guesses wrong.
bool RelaxedCommitter::likely_alone() {
  const unsigned alone = alone_.load(std::memory_order_relaxed);
  if (alone < kProbeEvery || alone % kProbeEvery == 0) return false;
  alone_.store(alone + 1, std::memory_order_relaxed);
  return true;
}

/// True if the group was written, or failed, on this thread.
bool RelaxedCommitter::write_here(CommitGroup group) {
  if (!quiet_() || thread_->busy()) return false;
  // A second writer would wait in the engine's queue until the first is done, however long that takes.
  if (writing_.exchange(true, std::memory_order_acq_rel)) return false;
  const rocksdb::Status status = write_(group, MayWait::no);
  writing_.store(false, std::memory_order_release);
  if (status.IsIncomplete()) return false;
  for (CommitEntry* entry : group) entry->failed = !status.ok();
  return true;
}

Task<> RelaxedCommitter::commit(CommitEntry& entry) {
  if (likely_alone()) {
    CommitEntry* const group[] = {&entry};
    if (!write_here(group)) co_await thread_->commit(entry);
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
  if (write_here(batch->group)) return batch->waiters();
  batch->waiters.give_up();
  thread_->take_over(batch->group);
}

}  // namespace brume::store
