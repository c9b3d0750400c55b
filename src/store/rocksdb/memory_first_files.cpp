#include "store/rocksdb/memory_first_files.h"

#include <fcntl.h>
#include <rocksdb/file_system.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace brume::store {

thread_local bool OnlyFromMemory::active_ = false;

namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

IOStatus error_of(const std::string& path, int error) {
  if (error == ENOENT) return IOStatus::PathNotFound(path, std::strerror(error));
  return IOStatus::IOError(path, std::strerror(error));
}

IOStatus not_in_memory() { return rocksdb::status_to_io_status(rocksdb::Status::Incomplete()); }

class MemoryFirstFile final : public rocksdb::FSRandomAccessFile {
 public:
  MemoryFirstFile(std::string path, int fd, PageCache page_cache)
      : path_(std::move(path)), fd_(fd), can_tell_(page_cache == PageCache::used) {}
  ~MemoryFirstFile() override { ::close(fd_); }

  IOStatus Read(uint64_t offset, size_t size, const IOOptions&, rocksdb::Slice* result, char* scratch,
                IODebugContext*) const override {
    const bool may_wait = !OnlyFromMemory::active();
    if (!may_wait && !can_tell_.load(std::memory_order_relaxed)) return not_in_memory();
    size_t done = 0;
    while (done < size) {
      iovec part{scratch + done, size - done};
      const ssize_t got = ::preadv2(fd_, &part, 1, static_cast<off_t>(offset + done), may_wait ? 0 : RWF_NOWAIT);
      if (got == 0) break;  // the end of the file
      if (got > 0) {
        done += static_cast<size_t>(got);
        continue;
      }
      if (errno == EINTR) continue;
      if (!may_wait && errno == EOPNOTSUPP) can_tell_.store(false, std::memory_order_relaxed);
      if (!may_wait && (errno == EAGAIN || errno == EOPNOTSUPP)) return not_in_memory();
      return error_of("read " + path_, errno);
    }
    *result = rocksdb::Slice(scratch, done);
    return IOStatus::OK();
  }

  // The kernel reads ahead by itself; this tells it sooner. Only where waiting is allowed: it may look up blocks.
  IOStatus Prefetch(uint64_t offset, size_t size, const IOOptions&, IODebugContext*) override {
    if (!OnlyFromMemory::active()) ::readahead(fd_, static_cast<off64_t>(offset), size);
    return IOStatus::OK();
  }

  void Hint(AccessPattern pattern) override {
    static constexpr std::pair<AccessPattern, int> kAdvice[] = {{kNormal, POSIX_FADV_NORMAL},
                                                                {kRandom, POSIX_FADV_RANDOM},
                                                                {kSequential, POSIX_FADV_SEQUENTIAL},
                                                                {kWillNeed, POSIX_FADV_WILLNEED},
                                                                {kWontNeed, POSIX_FADV_DONTNEED}};
    for (const auto& [known, advice] : kAdvice)
      if (known == pattern) ::posix_fadvise(fd_, 0, 0, advice);
  }

  IOStatus InvalidateCache(size_t offset, size_t size) override {
    const int error = ::posix_fadvise(fd_, static_cast<off_t>(offset), static_cast<off_t>(size), POSIX_FADV_DONTNEED);
    return error == 0 ? IOStatus::OK() : error_of("drop cache of " + path_, error);
  }

 private:
  const std::string path_;
  const int fd_;
  mutable std::atomic<bool> can_tell_;  ///< what is in the page cache
};

std::atomic<int> syncs_under_way{0};

class SyncUnderWay {
 public:
  SyncUnderWay() { syncs_under_way.fetch_add(1, std::memory_order_relaxed); }
  ~SyncUnderWay() { syncs_under_way.fetch_sub(1, std::memory_order_relaxed); }
  SyncUnderWay(const SyncUnderWay&) = delete;
  SyncUnderWay& operator=(const SyncUnderWay&) = delete;
};

class CountedWritableFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  using FSWritableFileOwnerWrapper::FSWritableFileOwnerWrapper;
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    const SyncUnderWay counted;
    return FSWritableFileOwnerWrapper::Sync(options, debug);
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    const SyncUnderWay counted;
    return FSWritableFileOwnerWrapper::Fsync(options, debug);
  }
};

std::string_view folder_of(std::string_view path) { return path.substr(0, path.rfind('/')); }

/// The logs that are open for writing, of all databases on these files.
class OpenLogs {
 public:
  void add(const std::string& path, rocksdb::FSWritableFile* file) {
    std::lock_guard lock(mutex_);
    files_[path] = file;
  }
  void remove(const std::string& path, const rocksdb::FSWritableFile* file) {
    std::lock_guard lock(mutex_);
    if (const auto at = files_.find(path); at != files_.end() && at->second == file) files_.erase(at);
  }
  IOStatus sync_in(std::string_view folder, const IOOptions& options, IODebugContext* debug) {
    std::lock_guard lock(mutex_);
    for (const auto& [path, file] : files_) {
      if (folder_of(path) != folder) continue;
      if (IOStatus status = file->Sync(options, debug); !status.ok()) return status;
    }
    return IOStatus::OK();
  }

 private:
  std::mutex mutex_;
  std::map<std::string, rocksdb::FSWritableFile*> files_;
};

/// A log of RocksDB. It is on stable storage in full before the next one begins: otherwise a power cut could keep
/// commits of the new one and lose some of the old one's, with relaxed durability, and what is recovered would not be
/// what stood there at some moment.
class LogFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  LogFile(std::shared_ptr<OpenLogs> logs, std::string path, std::unique_ptr<rocksdb::FSWritableFile> below)
      : FSWritableFileOwnerWrapper(std::move(below)), logs_(std::move(logs)), path_(std::move(path)) {
    logs_->add(path_, target());
  }
  ~LogFile() override { logs_->remove(path_, target()); }
  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    logs_->remove(path_, target());
    return FSWritableFileOwnerWrapper::Close(options, debug);
  }

 private:
  const std::shared_ptr<OpenLogs> logs_;
  const std::string path_;
};

class CountedRandomRWFile final : public rocksdb::FSRandomRWFileOwnerWrapper {
 public:
  using FSRandomRWFileOwnerWrapper::FSRandomRWFileOwnerWrapper;
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    const SyncUnderWay counted;
    return FSRandomRWFileOwnerWrapper::Sync(options, debug);
  }
};

class CountedDirectory final : public rocksdb::FSDirectoryWrapper {
 public:
  using FSDirectoryWrapper::FSDirectoryWrapper;
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    const SyncUnderWay counted;
    return FSDirectoryWrapper::Fsync(options, debug);
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions& what) override {
    const SyncUnderWay counted;
    return FSDirectoryWrapper::FsyncWithDirOptions(options, debug, what);
  }
};

class MemoryFirstFiles final : public rocksdb::FileSystemWrapper {
 public:
  MemoryFirstFiles(std::shared_ptr<rocksdb::FileSystem> below, PageCache page_cache)
      : FileSystemWrapper(std::move(below)), page_cache_(page_cache) {}

  const char* Name() const override { return "MemoryFirstFiles"; }

  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions& options,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* result, IODebugContext* debug) override {
    if (options.use_mmap_reads || options.use_direct_reads)
      return FileSystemWrapper::NewRandomAccessFile(path, options, result, debug);
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return error_of("open " + path, errno);
    *result = std::make_unique<MemoryFirstFile>(path, fd, page_cache_);
    return IOStatus::OK();
  }

  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* debug) override {
    const bool log = path.ends_with(".log");
    if (log)
      if (IOStatus status = logs_->sync_in(folder_of(path), options.io_options, debug); !status.ok()) return status;
    IOStatus status = FileSystemWrapper::NewWritableFile(path, options, result, debug);
    if (!status.ok()) return status;
    *result = std::make_unique<CountedWritableFile>(std::move(*result));
    if (log) *result = std::make_unique<LogFile>(logs_, path, std::move(*result));
    return status;
  }
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* debug) override {
    IOStatus status = FileSystemWrapper::ReopenWritableFile(path, options, result, debug);
    if (status.ok()) *result = std::make_unique<CountedWritableFile>(std::move(*result));
    return status;
  }
  IOStatus NewRandomRWFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSRandomRWFile>* result, IODebugContext* debug) override {
    IOStatus status = FileSystemWrapper::NewRandomRWFile(path, options, result, debug);
    if (status.ok()) *result = std::make_unique<CountedRandomRWFile>(std::move(*result));
    return status;
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* result, IODebugContext* debug) override {
    IOStatus status = FileSystemWrapper::NewDirectory(path, options, result, debug);
    if (status.ok()) *result = std::make_unique<CountedDirectory>(std::move(*result));
    return status;
  }

 private:
  const PageCache page_cache_;
  const std::shared_ptr<OpenLogs> logs_ = std::make_shared<OpenLogs>();
};

rocksdb::Env* new_env(PageCache page_cache) {
  return memory_first_env_on(rocksdb::FileSystem::Default(), page_cache).release();
}

}  // namespace

bool file_sync_under_way() { return syncs_under_way.load(std::memory_order_relaxed) > 0; }

std::unique_ptr<rocksdb::Env> memory_first_env_on(std::shared_ptr<rocksdb::FileSystem> below, PageCache page_cache) {
  return rocksdb::NewCompositeEnv(std::make_shared<MemoryFirstFiles>(std::move(below), page_cache));
}

rocksdb::Env* memory_first_env(PageCache page_cache) {
  static rocksdb::Env* const using_it = new_env(PageCache::used);
  static rocksdb::Env* const ignoring_it = new_env(PageCache::ignored);
  return page_cache == PageCache::used ? using_it : ignoring_it;
}

}  // namespace brume::store
