#include "store/rocksdb/rocksdb_store.h"

#include <rocksdb/write_batch.h>

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "base/log.h"
#include "store/key_spaces.h"
#include "store/rocksdb/memory_first_files.h"
#include "store/rocksdb/transaction.h"

namespace brume::store {
namespace {

/// Holds the first version that no transaction may have taken yet, big-endian.
const std::string kNextVersionKey = std::string(1, kMetaSpace) + "next-version";

/// Transactions of more writes than this are too many to announce to the record cache one by one.
constexpr std::uint32_t kAnnouncedMax = 512;

rocksdb::Status put_next_version(rocksdb::DB& db, CommitVersion version) {
  std::string value;
  append_big_endian(value, version);
  return db.Put(rocksdb::WriteOptions(), kNextVersionKey, value);
}

}  // namespace

void StoreHealth::fail(const rocksdb::Status& status) {
  {
    std::lock_guard lock(mutex_);
    if (failed_.load(std::memory_order_relaxed)) return;
    reason_ = status.ToString();
    disk_full_ = status.IsNoSpace();
    failed_.store(true, std::memory_order_release);
  }
  log_error("store_write_failed", {{"error", status.ToString()}});
}

void StoreHealth::refuse() const { throw Unavailable("commits are refused since a write failed: " + reason()); }

void StoreHealth::report_failed() const {
  throw StoreError(StoreError::Kind::unknown, "writing the store failed: " + reason());
}

std::string StoreHealth::reason() const {
  std::lock_guard lock(mutex_);
  return reason_;
}

bool StoreHealth::curable() const {
  std::lock_guard lock(mutex_);
  return failed_.load(std::memory_order_relaxed) && disk_full_;
}

void StoreHealth::restore() {
  std::lock_guard lock(mutex_);
  reason_.clear();
  disk_full_ = false;
  failed_.store(false, std::memory_order_release);
}

RocksDbStore::RocksDbStore(std::unique_ptr<rocksdb::DB> db, BlockingPool& pool, Tuning tuning)
    : tuning_(std::move(tuning)),
      db_(std::move(db)),
      pool_(pool),
      log_bytes_(db_->GetOptions().write_buffer_size / 10 * 11),  // as RocksDB preallocates it
      first_version_(first_version(*db_)),
      // Nothing is reserved yet, so a store that is only read writes nothing.
      versions_(first_version_, first_version_),
      cache_(tuning.record_cache_bytes) {
  if (tuning_.errors) tuning_.errors->tell([this](const rocksdb::Status& status) { health_.fail(status); });
  if (tuning_.durability == Durability::sync) {
    committer_ = std::make_unique<GroupCommitter>([this](CommitGroup group) {
      rocksdb::WriteOptions options;
      options.sync = true;
      return write_group(group, options);
    });
  } else {
    auto quiet = [this] {
      return !file_sync_under_way() && !(tuning_.write_buffer && tuning_.write_buffer->nearly_full());
    };
    relaxed_ = std::make_unique<RelaxedCommitter>(quiet, [this](CommitGroup group, RelaxedCommitter::MayWait wait) {
      rocksdb::WriteOptions options;
      options.no_slowdown = wait == RelaxedCommitter::MayWait::no;
      return write_group(group, options);
    });
    syncer_ = std::make_unique<WalSyncer>(*db_, tuning_.sync_period,
                                          [this](const rocksdb::Status& status) { health_.fail(status); });
  }
}

RocksDbStore::~RocksDbStore() {
  if (tuning_.errors) tuning_.errors->tell(nullptr);
  committer_.reset();
  relaxed_.reset();
  syncer_.reset();
}

rocksdb::Status RocksDbStore::get_from_memory(rocksdb::Slice key, std::string& value) {
  const OnlyFromMemory guard;
  return db_->Get(rocksdb::ReadOptions(), key, &value);
}

Task<bool> RocksDbStore::get(std::string_view key, std::string& value) {
  check_open();
  StateNumber since = 0;
  RecordCache::Ticket ticket;
  if (cache_.get(key, RecordCache::kNewest, value, since, ticket)) co_return true;
  since = db_->GetLatestSequenceNumber();
  const rocksdb::Slice slice(key.data(), key.size());
  rocksdb::Status status = get_from_memory(slice, value);
  if (status.IsIncomplete()) {
    auto work = [this, slice, &value] { return db_->Get(rocksdb::ReadOptions(), slice, &value); };
    status = co_await pool_.run(std::move(work));
  }
  if (status.ok()) {
    cache_.insert(key, value, since, ticket);
    co_return true;
  }
  if (!status.IsNotFound()) throw_read_error(status);
  co_return false;
}

Task<> RocksDbStore::read_erased(std::function<void(Reader&)> body) {
  check_open();
  const auto attempt = [&body](ReadView& view) {
    RocksDbReader reader(view);
    body(reader);
  };
  if (read_in_memory(*db_, cache_, attempt)) co_return;
  auto work = [this, &attempt] { read_blocking(*db_, cache_, attempt); };
  co_await pool_.run(std::move(work));
}

Task<> RocksDbStore::run_erased(LockKeys locks, std::function<void(Transaction&)> body) {
  check_open();
  health_.check();
  if (committer_ && committer_->full()) co_await committer_->wait_for_room();
  if (relaxed_ && relaxed_->full()) co_await relaxed_->wait_for_room();
  Latches::Permit permit(latches_, locks);
  if (!permit.try_acquire()) co_await permit.acquire();

  RocksDbTransaction transaction(*this);
  const auto attempt = [&transaction, &body](ReadView& view) {
    transaction.begin(view);
    body(transaction);
  };
  if (!read_in_memory(*db_, cache_, attempt)) {
    auto work = [this, &attempt] { read_blocking(*db_, cache_, attempt); };
    co_await pool_.run(std::move(work));
  }
  if (transaction.writes().empty()) co_return;
  health_.check();
  if (tuning_.space && tuning_.space->level() >= SpaceLevel::critical) check_space(transaction);
  co_await commit(transaction);
}

void RocksDbStore::check_space(RocksDbTransaction& transaction) const {
  if (tuning_.space->level() < SpaceLevel::exhausted && transaction.may_use_reserve()) return;
  tuning_.space->count_refused();
  throw Unavailable("The disk of the server is almost full: nothing is written until there is room again.");
}

Task<> RocksDbStore::commit(RocksDbTransaction& transaction) {
  CommitEntry entry(co_await this_loop, transaction.writes(), transaction.taken_version());
  transaction.release_version();  // write_group() settles it, before anybody is told
  if (committer_) co_await committer_->commit(entry);
  else co_await relaxed_->commit(entry);
  if (entry.failed) health_.report_failed();
}

rocksdb::Status RocksDbStore::write_group(CommitGroup group, rocksdb::WriteOptions options) {
  if (!health_.ok()) {
    for (const CommitEntry* entry : group)
      if (entry->version != 0) versions_.finish(entry->version);  // it never will be
    return rocksdb::Status::Aborted("an earlier write failed");
  }
  rocksdb::WriteBatch batch = join_writes(group);
  announce(group);
  const rocksdb::Status status = db_->Write(options, &batch);
  report(group, status.ok());
  if (status.IsIncomplete() && options.no_slowdown) return status;
  if (!status.ok()) {
    // Versions of unknown outcome stay in flight: no reader is told that it has seen them.
    {
      std::lock_guard lock(doubtful_mutex_);
      for (const CommitEntry* entry : group)
        if (entry->version != 0) doubtful_.push_back(entry->version);
    }
    health_.fail(status);
    return status;
  }
  const std::uint64_t spent = 2 * batch.GetDataSize();  // in the log now, in a table file later
  if (tuning_.space) tuning_.space->spent(spent);
  if (tuning_.compactions) tuning_.compactions->spent(spent);
  if (syncer_) syncer_->wrote();
  if (tuning_.write_buffer) tuning_.write_buffer->wrote(batch.GetDataSize());
  tell_watchers(group);
  for (const CommitEntry* entry : group)
    if (entry->version != 0) versions_.finish(entry->version);
  return status;
}

void RocksDbStore::tell_watchers(CommitGroup group) {
  for (const CommitEntry* entry : group)
    entry->writes.for_each([&](std::string_view key, const std::string_view* value) {
      if (watches_.may_watch(key)) watches_.tell(key, value);
    });
}

// A transaction of very many writes blocks the cache's intake instead of announcing each key.
void RocksDbStore::announce(CommitGroup group) {
  if (!cache_.enabled()) return;
  for (const CommitEntry* entry : group) {
    const bool many = entry->writes.count() > kAnnouncedMax;
    if (many) cache_.block();
    entry->writes.for_each([&](std::string_view key, const std::string_view*) {
      if (many) cache_.remove(key);
      else cache_.begin_write(key);
    });
  }
}

void RocksDbStore::report(CommitGroup group, bool written) {
  if (!cache_.enabled()) return;
  const StateNumber since = db_->GetLatestSequenceNumber();
  for (const CommitEntry* entry : group) {
    if (entry->writes.count() > kAnnouncedMax) {
      cache_.unblock();
      continue;
    }
    entry->writes.for_each([&](std::string_view key, const std::string_view* value) {
      if (written) cache_.end_write(key, value, since);
      else cache_.abandon_write(key);
    });
  }
}

CommitVersion RocksDbStore::first_version(rocksdb::DB& db) {
  CommitVersion first = db.GetLatestSequenceNumber() + 1;
  std::string value;
  const rocksdb::Status status = db.Get(rocksdb::ReadOptions(), kNextVersionKey, &value);
  if (status.ok() && value.size() == sizeof(CommitVersion))
    first = std::max(first, read_big_endian<CommitVersion>(value.data()));
  else if (!status.IsNotFound())
    throw StoreError(StoreError::Kind::corrupt, "the store's version record cannot be read: " + status.ToString());
  return first;
}

CommitVersion RocksDbStore::assign_version() {
  while (true) {
    if (const CommitVersion version = versions_.try_assign()) return version;
    reserve_versions();
  }
}

// A reservation stands in the log before every commit that uses one of its versions, and the log is
// recovered as a prefix: whatever survives a crash, the next start is above every version that survived.
// Transactions that took a version and then failed are covered as well, which sequence numbers are not.
void RocksDbStore::reserve_versions() {
  std::lock_guard lock(reserve_mutex_);
  if (versions_.next() < versions_.limit()) return;  // another thread was first
  const CommitVersion limit = versions_.limit() + tuning_.version_block;
  health_.check();
  if (const rocksdb::Status status = put_next_version(*db_, limit); !status.ok()) {
    health_.fail(status);
    health_.report_failed();
  }
  versions_.raise_limit(limit);
}

StoreState RocksDbStore::state() const {
  StoreState state;
  if (closed_.load(std::memory_order_relaxed)) {
    state.failure = "the store is closed";
    return state;
  }
  state.failure = health_.reason();
  // A new log takes its room at once, and the commit that begins it may be the next one.
  state.unwritten_bytes = memtable_bytes() + log_bytes_;
  if (tuning_.compactions) state.unwritten_bytes += tuning_.compactions->promised();
  return state;
}

std::uint64_t RocksDbStore::memtable_bytes() const {
  std::uint64_t bytes = 0;
  db_->GetIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &bytes);
  return bytes;
}

void RocksDbStore::set_room(std::uint64_t free_bytes, std::uint64_t kept_bytes) {
  if (tuning_.compactions) tuning_.compactions->allow(free_bytes, kept_bytes);
}

void RocksDbStore::reclaim() {
  constexpr std::uint64_t kWorthAFlush = 1024 * 1024;
  if (!health_.ok() || memtable_bytes() < kWorthAFlush) return;
  rocksdb::FlushOptions options;
  options.wait = false;
  options.allow_write_stall = true;
  if (const rocksdb::Status status = db_->Flush(options); !status.ok())
    log_warn("store_reclaim", {{"error", status.ToString()}});
}

// What was acknowledged is in memtables and table files: RocksDB inserts into a memtable only what the log took, and its
// recovery, tried every five seconds once a write buffer's room is free, writes all memtables to new files and begins a
// new log before it takes writes again; until then Resume() is "busy". So it does not matter what the old log's end looks
// like. The commits of the failed write are in no memtable: they have not happened. If the
// process ends before the memtables are written, the next opening reads the old log, as after any crash.
bool RocksDbStore::recover() {
  check_open();
  if (!health_.curable()) return health_.ok();
  rocksdb::Status status = db_->Resume();
  // The failure may have been our syncer's, of which RocksDB knows nothing.
  if (status.ok()) status = db_->Flush(rocksdb::FlushOptions());
  if (status.IsBusy()) return false;
  if (!status.ok()) {
    if (std::string text = status.ToString(); text != recovery_failure_) {
      log_warn("store_recovery_failed", {{"error", text}});
      recovery_failure_ = std::move(text);
    }
    return false;
  }
  recovery_failure_.clear();
  if (syncer_) syncer_->resume();
  health_.restore();
  std::vector<CommitVersion> settled;
  {
    std::lock_guard lock(doubtful_mutex_);
    settled.swap(doubtful_);
  }
  for (const CommitVersion version : settled) versions_.finish(version);
  log_info("store_write_recovered");
  return true;
}

void RocksDbStore::close() {
  if (closed_.exchange(true)) throw StoreError(StoreError::Kind::refused, "the store is closed");
  committer_.reset();
  relaxed_.reset();
  syncer_.reset();
  rocksdb::Status status;
  if (health_.ok()) {
    if (versions_.next() != first_version_) status = put_next_version(*db_, versions_.next());
    if (status.ok()) status = db_->FlushWAL(true);
    if (status.ok()) status = db_->Flush(rocksdb::FlushOptions());
  }
  const rocksdb::Status closed = db_->Close();
  db_.reset();
  if (status.ok()) status = closed;
  if (!status.ok()) throw StoreError(StoreError::Kind::unknown, "closing the store failed: " + status.ToString());
}

}  // namespace brume::store
