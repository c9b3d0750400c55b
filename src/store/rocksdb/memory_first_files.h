// Files of the engine that can be read without waiting for the disk.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <memory>

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

/// Whether some thread of this process is putting one of the engine's files, or the name of one, on stable storage. An
/// append to another file may then wait for the file system's journal.
bool file_sync_under_way();

/// RocksDB's own environment, but for table files: their reads obey OnlyFromMemory; and for logs: one is on stable
/// storage before the next begins. Lives as long as the process.
/// With the page cache ignored, and on a file system that cannot tell what is in it (RWF_NOWAIT, preadv2(2)), the
/// answer is Incomplete to every such read.
rocksdb::Env* memory_first_env(PageCache page_cache);
/// The same on other files than the system's.
std::unique_ptr<rocksdb::Env> memory_first_env_on(std::shared_ptr<rocksdb::FileSystem> below, PageCache page_cache);

}  // namespace brume::store
