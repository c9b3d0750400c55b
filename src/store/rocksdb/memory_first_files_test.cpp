// Reads that take what is in memory and nothing else.
#include "store/rocksdb/memory_first_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <rocksdb/file_system.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <fstream>

#include "store/testing/temporary_store.h"

namespace brume::store {
namespace {

class MemoryFirst : public ::testing::Test {
 protected:
  MemoryFirst() { std::ofstream(path_) << std::string(100'000, 'x'); }

  /// The file's bytes at the end, as a read of `size` answers them.
  rocksdb::Status read(rocksdb::Env* env, std::uint64_t offset, std::size_t size, std::string& bytes) {
    std::unique_ptr<rocksdb::FSRandomAccessFile> file;
    rocksdb::Status status = env->GetFileSystem()->NewRandomAccessFile(path_, rocksdb::FileOptions(), &file, nullptr);
    if (!status.ok()) return status;
    rocksdb::Slice result;
    bytes.resize(size);
    status = file->Read(offset, size, rocksdb::IOOptions(), &result, bytes.data(), nullptr);
    bytes.resize(status.ok() ? result.size() : 0);
    return status;
  }
  rocksdb::Status read_without_waiting(rocksdb::Env* env) {
    const OnlyFromMemory guard;
    return read(env, 50'000, 4096, bytes_);
  }
  /// Throws the file out of memory; false where that can't be done.
  bool make_cold() {
    struct statfs kind {};
    constexpr auto kMemoryFileSystem = 0x01021994;  // TMPFS_MAGIC
    if (::statfs(path_.c_str(), &kind) != 0 || kind.f_type == kMemoryFileSystem) return false;
    const int fd = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
    const bool done = ::fsync(fd) == 0 && ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0;
    ::close(fd);
    return done;
  }

  testing::TemporaryFolder folder_;
  const std::string path_ = folder_.path() + "/file";
  std::string bytes_;
};

TEST_F(MemoryFirst, WithoutTheGuardEverythingIsRead) {
  for (const auto page_cache : {PageCache::used, PageCache::ignored}) {
    ASSERT_TRUE(read(memory_first_env(page_cache), 0, 10, bytes_).ok());
    EXPECT_EQ(bytes_, std::string(10, 'x'));
    ASSERT_TRUE(read(memory_first_env(page_cache), 99'990, 4096, bytes_).ok());
    EXPECT_EQ(bytes_, std::string(10, 'x')) << "what there is until the end of the file";
  }
}

TEST_F(MemoryFirst, WhatIsNotInMemoryIsIncomplete) {
  if (!make_cold()) GTEST_SKIP() << "this file system cannot forget";
  EXPECT_TRUE(read_without_waiting(memory_first_env(PageCache::used)).IsIncomplete());
}

TEST_F(MemoryFirst, WhatWasReadOnceIsInMemory) {
  if (!make_cold()) GTEST_SKIP() << "this file system cannot tell";
  ASSERT_TRUE(read(memory_first_env(PageCache::used), 0, 100'000, bytes_).ok());
  EXPECT_TRUE(read_without_waiting(memory_first_env(PageCache::used)).ok());
  EXPECT_EQ(bytes_, std::string(4096, 'x'));
}

TEST_F(MemoryFirst, AnIgnoredPageCacheHasNothing) {
  EXPECT_TRUE(read_without_waiting(memory_first_env(PageCache::ignored)).IsIncomplete());
  EXPECT_TRUE(read(memory_first_env(PageCache::ignored), 0, 1, bytes_).ok()) << "the guard has ended";
}

TEST_F(MemoryFirst, AMissingFileIsNamed) {
  ::unlink(path_.c_str());
  const rocksdb::Status status = read(memory_first_env(PageCache::used), 0, 1, bytes_);
  EXPECT_TRUE(status.IsPathNotFound()) << status.ToString();
  EXPECT_NE(status.ToString().find(path_), std::string::npos);
}

}  // namespace
}  // namespace brume::store
