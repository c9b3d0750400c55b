#include "store/rocksdb/memory_first_files.h"

#include <fcntl.h>
#include <rocksdb/file_system.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
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

class MemoryFirstFiles final : public rocksdb::FileSystemWrapper {
 public:
  explicit MemoryFirstFiles(PageCache page_cache)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), page_cache_(page_cache) {}

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

 private:
  const PageCache page_cache_;
};

rocksdb::Env* new_env(PageCache page_cache) {
  return rocksdb::NewCompositeEnv(std::make_shared<MemoryFirstFiles>(page_cache)).release();
}

}  // namespace

rocksdb::Env* memory_first_env(PageCache page_cache) {
  static rocksdb::Env* const using_it = new_env(PageCache::used);
  static rocksdb::Env* const ignoring_it = new_env(PageCache::ignored);
  return page_cache == PageCache::used ? using_it : ignoring_it;
}

}  // namespace brume::store
