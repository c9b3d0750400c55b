#include "store/rocksdb/open.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/sst_file_manager.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "store/disk_space.h"
#include "store/rocksdb/folder.h"
#include "store/rocksdb/memory_first_files.h"
#include "store/rocksdb/rocksdb_store.h"
#include "store/rocksdb/tuning.h"

namespace brume::store {
namespace {

[[noreturn]] void fail_open(const std::string& folder, const rocksdb::Status& status) {
  const std::string text = status.ToString();
  if (text.find("lock hold by current process") != std::string::npos)
    throw StoreError(StoreError::Kind::refused, "the data folder " + folder + " is already open in this process");
  if (text.find("While lock file") != std::string::npos)
    throw StoreError(StoreError::Kind::refused, "the data folder " + folder + " is in use " + lock_holder(folder));
  if (status.IsCorruption())
    throw StoreError(StoreError::Kind::corrupt, "the data in " + folder + " is damaged: " + text);
  throw StoreError(StoreError::Kind::refused, "the data folder " + folder + " cannot be opened: " + text);
}

// A new database, or one whose first opening ended before its first record was written.
bool is_empty(rocksdb::DB& db) {
  const std::unique_ptr<rocksdb::Iterator> first(db.NewIterator(rocksdb::ReadOptions()));
  first->SeekToFirst();
  return !first->Valid() && first->status().ok();
}

enum class IfAbsent { fail, write };

void check_format_record(rocksdb::DB& db, const std::string& folder, IfAbsent if_absent) {
  std::string text;
  rocksdb::Status status = db.Get(rocksdb::ReadOptions(), format_key(), &text);
  if (status.IsNotFound() && if_absent == IfAbsent::write && is_empty(db)) {
    rocksdb::WriteOptions synced;
    synced.sync = true;
    text = format_text();
    status = db.Put(synced, format_key(), text);
  }
  if (!status.ok() && !status.IsNotFound()) fail_open(folder, status);
  check_format(folder, text);
}

/// RocksDB's lock on a folder, so that no server opens it during a check.
class FolderLock {
 public:
  explicit FolderLock(const std::string& folder) {
    const rocksdb::Status status = rocksdb::Env::Default()->LockFile(folder + "/LOCK", &lock_);
    if (!status.ok()) fail_open(folder, status);
  }
  ~FolderLock() { rocksdb::Env::Default()->UnlockFile(lock_); }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  rocksdb::FileLock* lock_ = nullptr;
};

/// Buffers and the logs beside them take five times this: on a small disk (a file system in memory, say) they must not take
/// all that there is.
std::size_t fitting_write_buffer(const std::string& folder, std::size_t wanted) {
  constexpr std::uint64_t kLeast = 4 * 1024 * 1024;
  const std::optional<Room> room = room_of(folder);
  return room ? std::min<std::uint64_t>(wanted, std::max(room->total / 4, kLeast)) : wanted;
}

}  // namespace

std::unique_ptr<Store> open_rocksdb(const std::string& folder, BlockingPool& pool, RocksDbOptions options) {
  const FolderState state = prepare_folder(folder);
  options.write_buffer_bytes = fitting_write_buffer(folder, options.write_buffer_bytes);
  rocksdb::Options rocksdb_options = make_rocksdb_options(options);
  rocksdb_options.create_if_missing = state == FolderState::fresh;
  RocksDbStore::Tuning tuning;
  tuning.durability = options.durability;
  tuning.record_cache_bytes = options.record_cache_bytes;
  tuning.write_buffer = std::make_shared<WriteBufferWatch>(options.write_buffer_bytes);
  rocksdb_options.listeners.push_back(tuning.write_buffer);
  if (options.files) {
    const PageCache page_cache = options.use_page_cache ? PageCache::used : PageCache::ignored;
    tuning.env = memory_first_env_on(options.files, page_cache);
    rocksdb_options.env = tuning.env.get();
  }
  rocksdb_options.sst_file_manager.reset(rocksdb::NewSstFileManager(rocksdb_options.env, rocksdb_options.info_log));
  tuning.space = options.space;
  tuning.errors = std::make_shared<BackgroundErrors>();
  rocksdb_options.listeners.push_back(tuning.errors);
  tuning.compactions = std::make_shared<CompactionRoom>(rocksdb_options.sst_file_manager, options.space);
  rocksdb_options.listeners.push_back(tuning.compactions);
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(rocksdb_options, folder, &opened);
  std::unique_ptr<rocksdb::DB> db(opened);
  if (!status.ok()) fail_open(folder, status);
  check_format_record(*db, folder, IfAbsent::write);
  return std::make_unique<RocksDbStore>(std::move(db), pool, std::move(tuning));
}

std::uint64_t check_rocksdb(const std::string& folder,
                            const std::function<void(std::string_view key, std::string_view value)>& check_entry) {
  require_store(folder);
  FolderLock lock(folder);
  RocksDbOptions options;
  options.block_cache_bytes = 8 * 1024 * 1024;
  rocksdb::Options rocksdb_options = make_rocksdb_options(options);
  rocksdb_options.avoid_unnecessary_blocking_io = false;  // RocksDB 7.8 asserts against it in a read-only database
  rocksdb::DB* opened = nullptr;
  rocksdb::Status status = rocksdb::DB::OpenForReadOnly(rocksdb_options, folder, &opened);
  const std::unique_ptr<rocksdb::DB> db(opened);
  if (!status.ok()) fail_open(folder, status);
  check_format_record(*db, folder, IfAbsent::fail);

  rocksdb::ReadOptions read;
  read.verify_checksums = true;
  read.fill_cache = false;
  read.ignore_range_deletions = true;  // read_view.cpp
  read.readahead_size = 2 * 1024 * 1024;
  if (status = db->VerifyChecksum(read); !status.ok()) fail_open(folder, status);
  std::uint64_t keys = 0;
  const std::unique_ptr<rocksdb::Iterator> at(db->NewIterator(read));
  for (at->SeekToFirst(); at->Valid(); at->Next(), ++keys)
    if (check_entry) check_entry(at->key().ToStringView(), at->value().ToStringView());
  if (!at->status().ok()) fail_open(folder, at->status());
  return keys;
}

}  // namespace brume::store
