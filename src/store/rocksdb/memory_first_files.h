// Files of the engine that can be read without waiting for the disk.
#pragma once

#include <rocksdb/env.h>

namespace brume::store {

/// While one lives, this thread's reads of the engine's files are answered from the operating system's page cache
/// alone. What is not there fails with Status::Incomplete, as RocksDB itself answers when its block cache has not got
/// what a read of kBlockCacheTier needs. Not nested; never held over a co_await.
class OnlyFromMemory {
 public:
  OnlyFromMemory() { active_ = true; }
  ~OnlyFromMemory() { active_ = false; }
  OnlyFromMemory(const OnlyFromMemory&) = delete;
  OnlyFromMemory& operator=(const OnlyFromMemory&) = delete;
  static bool active() { return active_; }

 private:
  static thread_local bool active_;
};

enum class PageCache : bool { ignored, used };

/// RocksDB's own environment, but for table files: their reads obey OnlyFromMemory. Lives as long as the process.
/// With the page cache ignored, and on a file system that cannot tell what is in it (RWF_NOWAIT, preadv2(2)), the
/// answer is Incomplete to every such read.
rocksdb::Env* memory_first_env(PageCache page_cache);

}  // namespace brume::store
