#include "base/blocking_pool.h"

#include <pthread.h>

#include "base/log.h"

namespace brume {

BlockingPool::BlockingPool(std::size_t threads, std::size_t queue_max, std::string name)
    : queue_max_(queue_max), name_(std::move(name)) {
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { work_loop(); });
    pthread_setname_np(threads_.back().native_handle(), (name_.substr(0, 12) + "-" + std::to_string(i)).c_str());
  }
}

BlockingPool::~BlockingPool() { stop(); }

void BlockingPool::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
  std::deque<std::function<void()>> late;  // destroyed without the lock
  std::lock_guard lock(mutex_);
  stopped_ = true;
  late.swap(queue_);
}

void BlockingPool::post(std::function<void()> work) { enqueue(std::move(work), Refusable::no); }

std::size_t BlockingPool::waiting() const {
  std::lock_guard lock(mutex_);
  return queue_.size();
}

void BlockingPool::enqueue(std::function<void()> work, Refusable refusable) {
  {
    std::lock_guard lock(mutex_);
    if (refusable == Refusable::yes && queue_.size() >= queue_max_)
      throw PoolFull("too much work waits for the threads of " + name_);
    if (stopped_) return;
    queue_.push_back(std::move(work));
  }
  ready_.notify_one();
}

void BlockingPool::work_loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    auto work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    try {
      work();
    } catch (const std::exception& error) {
      log_error("pool_work_failed", {{"pool", name_}, {"error", error.what()}});
    }
    work = nullptr;
    lock.lock();
  }
}

}  // namespace brume
