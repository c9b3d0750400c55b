// Looks at the disk every moment, makes room while there is little, and brings the store back after a full disk.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "store/disk_space.h"
#include "store/store.h"

namespace brume::server {

/// One thread, because looking may block as any call of a file system. `space` and `store` must outlive stop().
class DiskWatch {
 public:
  DiskWatch(store::DiskSpace& space, store::Store& store, std::chrono::milliseconds interval);
  ~DiskWatch() { stop(); }
  DiskWatch(const DiskWatch&) = delete;
  DiskWatch& operator=(const DiskWatch&) = delete;

  /// Joins. May be called again. Before the store is closed.
  void stop();

 private:
  void work();
  void look();

  store::DiskSpace& space_;
  store::Store& store_;
  const std::chrono::milliseconds interval_;
  std::chrono::steady_clock::time_point reclaimed_{};  ///< the thread's alone
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace brume::server
