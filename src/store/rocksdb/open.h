// Opens the embedded engine: RocksDB in a folder.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/blocking_pool.h"
#include "store/disk_space.h"
#include "store/store.h"

namespace rocksdb {
class FileSystem;
}

namespace brume::store {

/// Resident memory while serving stays below the two caches plus 300 MiB: three write buffers, and about 60 MiB for the
/// process. Filling an index and caches of many gigabytes take more (docs/OPERATIONS.md, Memory).
struct RocksDbOptions {
  Durability durability = Durability::sync;
  /// For the records that point reads ask for most; 0: none.
  std::size_t record_cache_bytes = 64 * 1024 * 1024;
  /// For blocks of the table files, their indexes and their filters.
  std::size_t block_cache_bytes = 256 * 1024 * 1024;
  /// Of one write buffer; up to three are in use. Never more than a quarter of the file system, but for 4 MiB.
  std::size_t write_buffer_bytes = 64 * 1024 * 1024;
  /// Whether blocks that the operating system has in memory are read on the caller's loop, or, as all others, on the
  /// pool: tests want to see the latter.
  bool use_page_cache = true;
  /// Where the engine's files lie; null: the system's. For tests.
  std::shared_ptr<rocksdb::FileSystem> files;
  /// Who may write when; null: everybody, always. Must outlive the store.
  DiskSpace* space = nullptr;
};

/// Opens the store in `folder` (created if absent) and takes its lock. `pool` must outlive it.
/// An incomplete record at the end of the log, a commit cut short by a crash, is dropped.
/// Errors: StoreError with one clear sentence: another process holds it; not a Brume store (a foreign,
/// non-empty folder); not readable or writable; a newer format than this binary knows; any other damage
/// of the log, which could hide acknowledged commits.
std::unique_ptr<Store> open_rocksdb(const std::string& folder, BlockingPool& pool, RocksDbOptions options);

/// Verifies every block's checksum and the format record of a stopped store; returns the number of
/// keys read. `check_entry` sees each key and value in order, for the services' own checks.
/// Errors: StoreError naming what is damaged.
std::uint64_t check_rocksdb(const std::string& folder,
                            const std::function<void(std::string_view key, std::string_view value)>& check_entry);

}  // namespace brume::store
