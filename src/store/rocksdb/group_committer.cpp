#include "store/rocksdb/group_committer.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace brume::store {

GroupCommitter::GroupCommitter(Write write) : write_(std::move(write)), thread_([this] { work(); }) {
  pthread_setname_np(thread_.native_handle(), "store-commit");
}

GroupCommitter::~GroupCommitter() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = go_ = true;
  }
  ready_.notify_one();
  thread_.join();
}

Task<> GroupCommitter::commit(CommitEntry& entry) {
  co_await suspend(entry.waiter, [this, &entry](Waiter&) { submit(entry); });
}

Task<> GroupCommitter::wait_for_room() {
  Waiter waiter(co_await this_loop);
  co_await suspend(waiter, [this](Waiter& self) {
    std::lock_guard lock(mutex_);
    if (full()) {
      without_room_.push_back(&self);
    } else {
      WakeList wake;
      wake.add(self);
    }
  });
}

void GroupCommitter::submit(CommitEntry& entry) {
  const LoopExecutor loop = entry.waiter.loop;  // the entry may be gone once it is queued
  bool post_start = false;
  std::uint64_t round = 0;
  {
    std::lock_guard lock(mutex_);
    queue_.push_back(&entry);
    busy_.store(true, std::memory_order_relaxed);
    queued_bytes_.fetch_add(entry.writes.records().size(), std::memory_order_relaxed);
    post_start = idle_ && std::find(starters_.begin(), starters_.end(), &loop.context()) == starters_.end();
    if (post_start) starters_.push_back(&loop.context());
    round = round_;
  }
  // The idle thread is not woken here but by a handler that comes after all that are ready on this loop
  // now: their commits join this group instead of waiting for the one after it. Each loop posts its own: none waits for
  // the turn of another, which may be busy.
  if (post_start) asio::post(loop, [this, round] { start_now(round); });
}

void GroupCommitter::take_over(CommitGroup entries) {
  {
    std::lock_guard lock(mutex_);
    for (CommitEntry* entry : entries) {
      queue_.push_back(entry);
      queued_bytes_.fetch_add(entry->writes.records().size(), std::memory_order_relaxed);
    }
    busy_.store(true, std::memory_order_relaxed);
    ++round_;
    starters_.clear();
    go_ = true;
  }
  ready_.notify_one();
}

void GroupCommitter::start_now(std::uint64_t round) {
  {
    std::lock_guard lock(mutex_);
    if (round != round_) return;  // another loop was first
    ++round_;
    starters_.clear();
    go_ = true;
  }
  ready_.notify_one();
}

void GroupCommitter::take_group(std::vector<CommitEntry*>& group) {
  std::size_t bytes = 0;
  while (!queue_.empty() && bytes < kGroupBytesMax) {
    group.push_back(queue_.front());
    queue_.pop_front();
    bytes += group.back()->writes.records().size();
  }
  queued_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
}

void GroupCommitter::work() {
  std::vector<CommitEntry*> group;
  std::unique_lock lock(mutex_);
  while (true) {
    if (queue_.empty()) {
      idle_ = true;
      busy_.store(false, std::memory_order_relaxed);
      ready_.wait(lock, [this] { return go_; });
      idle_ = go_ = false;
      if (queue_.empty() && stopping_) return;
    }
    take_group(group);
    WakeList wake;
    if (!full()) {
      for (Waiter* waiter : without_room_) wake.add(*waiter);
      without_room_.clear();
    }
    lock.unlock();
    wake.wake();
    if (!group.empty()) {
      const rocksdb::Status status = write_(group);
      for (CommitEntry* entry : group) entry->failed = !status.ok();
      for (CommitEntry* entry : group) wake.add(entry->waiter);
      wake.wake();
      group.clear();
    }
    lock.lock();
    if (stopping_ && queue_.empty()) return;
  }
}

}  // namespace brume::store
