#include "store/rocksdb/tuning.h"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "base/log.h"
#include "store/rocksdb/give_way.h"
#include "store/rocksdb/memory_first_files.h"

namespace brume::store {
namespace {

/// Passes RocksDB's errors on to our log; it keeps no log file of its own.
class ErrorLogger final : public rocksdb::Logger {
 public:
  ErrorLogger() : rocksdb::Logger(rocksdb::InfoLogLevel::ERROR_LEVEL) {}
  using rocksdb::Logger::Logv;
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (level >= rocksdb::InfoLogLevel::ERROR_LEVEL) Logv(format, arguments);
  }
  void Logv(const char* format, va_list arguments) override {
    if (GetInfoLogLevel() > rocksdb::InfoLogLevel::ERROR_LEVEL) return;
    char text[1024];
    std::vsnprintf(text, sizeof text, format, arguments);
    // A compaction that waits for room says so each second, without end; the disk's level tells why.
    if (std::strstr(text, "Compaction too large") != nullptr) {
      if (const std::int64_t hour = now_in<std::chrono::hours>(); waits_told_.exchange(hour) != hour)
        log_warn("store_compaction_waits", {{"reason", "rewriting files needs more disk space than is free"}});
      return;
    }
    if (const std::int64_t minute = now_in<std::chrono::minutes>(); minute_.exchange(minute) != minute) lines_ = 0;
    if (lines_.fetch_add(1) >= kLinesAMinute) return;
    log_error("rocksdb", {{"message", text}});
  }

 private:
  static constexpr int kLinesAMinute = 10;
  template <class Unit>
  static std::int64_t now_in() {
    return std::chrono::floor<Unit>(std::chrono::steady_clock::now()).time_since_epoch().count();
  }

  std::atomic<std::int64_t> minute_{-1};
  std::atomic<std::int64_t> waits_told_{-1};  ///< the hour
  std::atomic<int> lines_{0};
};

// All files stay open (a lookup then never opens one on a loop) unless the process may open but few.
int max_open_files() {
  constexpr rlim_t kPlenty = 8192;
  struct rlimit limit {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
  return limit.rlim_cur >= kPlenty ? -1 : static_cast<int>(limit.rlim_cur / 2);
}

rocksdb::BlockBasedTableOptions table_options(const RocksDbOptions& options) {
  rocksdb::BlockBasedTableOptions table;
  // Indexes and filters lie in the cache too and so within its bound: of 10 million items they would be 100 MB beside
  // it. In pieces, so that one look-up does not bring in a whole file's; and in the half that scans cannot empty.
  constexpr double kHighPriorityPart = 0.5;
  table.block_cache = rocksdb::NewLRUCache(options.block_cache_bytes, 4, false, kHighPriorityPart);
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  // Half as many index entries as with 4 KiB; a block still holds only a few items.
  table.block_size = 8 * 1024;
  // Scans read ahead up to this once they go on for more than two blocks.
  table.max_auto_readahead_size = 1024 * 1024;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.whole_key_filtering = true;
  table.optimize_filters_for_memory = true;
  // A hash from key to position inside each block: point reads skip the binary search.
  table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  table.data_block_hash_table_util_ratio = 0.75;
  table.format_version = 5;
  return table;
}

void set_durability(rocksdb::Options& o) {
  // An incomplete record at the end of the log is what a crash leaves of a commit that was never
  // acknowledged: dropped. Anything else that does not match its checksum may hold acknowledged commits:
  // the store refuses to open. (kPointInTimeRecovery would drop them silently, kAbsoluteConsistency would
  // refuse the torn tail as well.) crash_test.cpp
  o.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // A log that was complete when the next one began must be there in full.
  o.track_and_verify_wals_in_manifest = true;
  o.paranoid_checks = true;
  o.avoid_flush_during_shutdown = false;
  o.bytes_per_sync = 1024 * 1024;
}

void set_compaction(rocksdb::Options& o, const RocksDbOptions& options) {
  o.write_buffer_size = options.write_buffer_bytes;
  o.max_write_buffer_number = 3;
  // Requests come first: the flush and the compaction otherwise take turns of milliseconds on a loop's core.
  for (const auto pool : {rocksdb::Env::HIGH, rocksdb::Env::LOW})
    rocksdb::Env::Default()->LowerThreadPoolCPUPriority(pool, rocksdb::CpuPriority::kLow);
  // One flush and one compaction at a time: the machine may have two cores, and requests need them.
  o.max_background_jobs = 2;
  o.level_compaction_dynamic_level_bytes = true;
  o.compaction_readahead_size = 2 * 1024 * 1024;
  o.target_file_size_base = 64 * 1024 * 1024;
  o.max_bytes_for_level_base = 4 * options.write_buffer_bytes;
  // Flushes and the young levels are rewritten soon: not worth compressing.
  o.compression = rocksdb::kLZ4Compression;
  o.compression_per_level = {rocksdb::kNoCompression,  rocksdb::kNoCompression,  rocksdb::kLZ4Compression,
                             rocksdb::kLZ4Compression, rocksdb::kLZ4Compression, rocksdb::kLZ4Compression,
                             rocksdb::kLZ4Compression};
  o.memtable_whole_key_filtering = true;
  o.memtable_prefix_bloom_size_ratio = 0.02;
}

void set_quiet_and_quick(rocksdb::Options& o) {
  o.max_open_files = max_open_files();
  o.info_log = std::make_shared<ErrorLogger>();
  o.stats_dump_period_sec = 0;
  o.stats_persist_period_sec = 0;
  o.skip_stats_update_on_db_open = true;
  o.skip_checking_sst_file_sizes_on_db_open = true;  // every file is opened, and so checked, anyway
  o.max_file_opening_threads = 2;
  o.max_manifest_file_size = 16 * 1024 * 1024;
  // Files go in the background, not on the thread whose iterator happened to hold the last reference.
  o.avoid_unnecessary_blocking_io = true;
}

}  // namespace

rocksdb::Options make_rocksdb_options(const RocksDbOptions& options) {
  rocksdb::Options o;
  o.env = memory_first_env(options.use_page_cache ? PageCache::used : PageCache::ignored);
  o.table_properties_collector_factories.push_back(give_way_to_requests());
  o.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options(options)));
  set_durability(o);
  set_compaction(o, options);
  set_quiet_and_quick(o);
  return o;
}

}  // namespace brume::store
