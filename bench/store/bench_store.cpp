// What the store costs above bare RocksDB, as ratios of one run: `bench_store [folder] [seconds]`.
//
//   sync      64 coroutines on one loop, each putting 1 KiB and waiting for stable storage,
//             against one thread that writes synced batches of 64
//   group     the same 64 coroutines against 64 threads with a synced Put each: RocksDB's own group commit
//   relaxed   get and put of 1 KiB by one coroutine against the same two calls of RocksDB
//   joined    the same by 64 coroutines on one loop, which join each other's commits; with latencies of a commit
//   get       one hot 1 KiB key of 10,000 against RocksDB's Get
//   read      a body with two gets (which needs a snapshot) against two Gets with a snapshot
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "store/rocksdb/open.h"
#include "store/rocksdb/tuning.h"
#include "store/testing/temporary_store.h"

namespace brume::store {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kKeys = 10'000;
constexpr int kWriters = 64;
const std::string kValue(1024, 'v');

std::string key_of(std::uint64_t i) {
  char key[32];
  std::snprintf(key, sizeof key, "dkey-%016llu", static_cast<unsigned long long>(i * 2654435761u % 100'000'007u));
  return key;
}

struct Result {
  std::uint64_t operations = 0;
  double seconds = 0;
  double rate() const { return static_cast<double>(operations) / seconds; }
  double micros() const { return seconds * 1e6 / static_cast<double>(operations); }
};

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Calls step(i) until the time is up; looks at the clock every 64 steps.
template <class Step>
Result repeat(double seconds, std::uint64_t operations_a_step, Step step) {
  Result result;
  const auto start = Clock::now();
  do {
    for (int i = 0; i < 64; ++i) step(result.operations + static_cast<std::uint64_t>(i) * operations_a_step);
    result.operations += 64 * operations_a_step;
    result.seconds = seconds_since(start);
  } while (result.seconds < seconds);
  return result;
}

std::unique_ptr<rocksdb::DB> open_raw(const std::string& folder) {
  rocksdb::Options options = make_rocksdb_options(RocksDbOptions());
  options.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  const auto status = rocksdb::DB::Open(options, folder, &db);
  if (!status.ok()) throw std::runtime_error(status.ToString());
  return std::unique_ptr<rocksdb::DB>(db);
}

void must(const rocksdb::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

Result raw_sync(rocksdb::DB& db, double seconds) {
  rocksdb::WriteOptions options;
  options.sync = true;
  const auto start = Clock::now();
  Result result;
  while ((result.seconds = seconds_since(start)) < seconds) {
    rocksdb::WriteBatch batch;
    for (int i = 0; i < kWriters; ++i) must(batch.Put(key_of(result.operations++), kValue));
    must(db.Write(options, &batch));
  }
  return result;
}

Result raw_group(rocksdb::DB& db, double seconds) {
  rocksdb::WriteOptions options;
  options.sync = true;
  const auto start = Clock::now();
  std::atomic<std::uint64_t> next = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kWriters; ++i)
    threads.emplace_back([&] {
      while (seconds_since(start) < seconds) must(db.Put(options, key_of(next++), kValue));
    });
  for (std::thread& thread : threads) thread.join();
  return {next, seconds_since(start)};
}

Task<> sync_writer(Store& store, Clock::time_point end, std::uint64_t& next) {
  while (Clock::now() < end) {
    const std::string key = key_of(next++);
    co_await store.run(lock_on(key), [&](Transaction& t) { t.put(key, kValue); });
  }
}

Result our_sync(Store& store, double seconds) {
  asio::io_context loop(1);
  const auto start = Clock::now();
  const auto end = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  Result result;
  for (int i = 0; i < kWriters; ++i) spawn(loop.get_executor(), sync_writer(store, end, result.operations));
  loop.run();
  result.seconds = seconds_since(start);
  return result;
}

Result raw_relaxed(rocksdb::DB& db, double seconds) {
  std::string value;
  return repeat(seconds, 1, [&](std::uint64_t i) {
    const std::string key = key_of(i % kKeys);
    db.Get(rocksdb::ReadOptions(), key, &value);
    rocksdb::WriteBatch batch;
    must(batch.Put(key, kValue));
    must(db.Write(rocksdb::WriteOptions(), &batch));
  });
}

Task<Result> our_relaxed(Store& store, double seconds) {
  Result result;
  const auto start = Clock::now();
  do {
    const std::string key = key_of(result.operations++ % kKeys);
    co_await store.run(lock_on(key), [&](Transaction& t) {
      std::string value;
      t.get(key, value);
      t.put(key, kValue);
    });
  } while (result.operations % 64 != 0 || (result.seconds = seconds_since(start)) < seconds);
  co_return result;
}

Task<> relaxed_writer(Store& store, Clock::time_point end, std::uint64_t& next, std::vector<float>& micros) {
  while (Clock::now() < end) {
    const std::string key = key_of(next++ % kKeys);
    const auto start = Clock::now();
    co_await store.run(lock_on(key), [&](Transaction& t) {
      std::string value;
      t.get(key, value);
      t.put(key, kValue);
    });
    micros.push_back(static_cast<float>(seconds_since(start) * 1e6));
  }
}

Result our_joined(Store& store, double seconds, std::vector<float>& micros) {
  asio::io_context loop(1);
  const auto start = Clock::now();
  const auto end = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  Result result;
  for (int i = 0; i < kWriters; ++i) spawn(loop.get_executor(), relaxed_writer(store, end, result.operations, micros));
  loop.run();
  result.seconds = seconds_since(start);
  return result;
}

Result raw_get(rocksdb::DB& db, double seconds) {
  std::string value;
  return repeat(seconds, 1, [&](std::uint64_t i) { must(db.Get(rocksdb::ReadOptions(), key_of(i % kKeys), &value)); });
}

Task<Result> our_get(Store& store, double seconds) {
  Result result;
  std::string value;
  const auto start = Clock::now();
  do {
    const std::string key = key_of(result.operations++ % kKeys);
    if (!co_await store.get(key, value)) throw std::runtime_error("a key is missing");
  } while (result.operations % 64 != 0 || (result.seconds = seconds_since(start)) < seconds);
  co_return result;
}

Result raw_read(rocksdb::DB& db, double seconds) {
  std::string value;
  return repeat(seconds, 1, [&](std::uint64_t i) {
    rocksdb::ReadOptions options;
    options.snapshot = db.GetSnapshot();
    must(db.Get(options, key_of(i % kKeys), &value));
    must(db.Get(options, key_of((i + 1) % kKeys), &value));
    db.ReleaseSnapshot(options.snapshot);
  });
}

Task<Result> our_read(Store& store, double seconds) {
  Result result;
  std::string value;
  const auto start = Clock::now();
  do {
    const std::uint64_t i = result.operations++;
    co_await store.read([&](Reader& reader) {
      return reader.get(key_of(i % kKeys), value) && reader.get(key_of((i + 1) % kKeys), value);
    });
  } while (result.operations % 64 != 0 || (result.seconds = seconds_since(start)) < seconds);
  co_return result;
}

/// The same keys in both, in a table file rather than the memtable: the hot read of a settled store.
void fill(rocksdb::DB& db) {
  for (int i = 0; i < kKeys; ++i) must(db.Put(rocksdb::WriteOptions(), key_of(static_cast<std::uint64_t>(i)), kValue));
  must(db.Flush(rocksdb::FlushOptions()));
  std::string value;
  for (int i = 0; i < kKeys; ++i) must(db.Get(rocksdb::ReadOptions(), key_of(static_cast<std::uint64_t>(i)), &value));
}

Task<> fill(Store& store) {
  for (int i = 0; i < kKeys; ++i) {
    const std::string key = key_of(static_cast<std::uint64_t>(i));
    co_await store.run(lock_on(key), [&](Transaction& t) { t.put(key, kValue); });
  }
}

Task<> warm(Store& store) {
  std::string value;
  for (int i = 0; i < kKeys; ++i) {
    const std::string key = key_of(static_cast<std::uint64_t>(i));
    co_await store.get(key, value);
  }
}

void print_rate(const char* name, const Result& raw, const Result& ours) {
  std::printf("%-8s raw %8.0f/s   brume %8.0f/s   %5.1f %% of raw\n", name, raw.rate(), ours.rate(),
              100 * ours.rate() / raw.rate());
}

void print_time(const char* name, const Result& raw, const Result& ours) {
  std::printf("%-8s raw %6.2f us    brume %6.2f us    %5.2f times raw\n", name, raw.micros(), ours.micros(),
              ours.micros() / raw.micros());
}

void print_latencies(std::vector<float> micros) {
  std::sort(micros.begin(), micros.end());
  const auto at = [&](double part) {
    return micros[static_cast<std::size_t>(part * static_cast<double>(micros.size() - 1))];
  };
  std::printf("         p50 %.0f us, p99 %.0f us, p99.9 %.0f us, longest %.1f ms\n", at(0.5), at(0.99), at(0.999),
              at(1) / 1e3);
}

/// Alternating, so that a disturbance meets both.
void compare_synced(const std::string& name, const std::string& folder, BlockingPool& pool, double seconds,
                    Result (*write)(rocksdb::DB&, double)) {
  Result raw, ours;
  auto db = open_raw(folder + "/raw-" + name);
  auto store = open_rocksdb(folder + "/" + name, pool, {});
  for (int round = 0; round < 4; ++round) {
    const Result r = write(*db, seconds / 4), o = our_sync(*store, seconds / 4);
    raw = {raw.operations + r.operations, raw.seconds + r.seconds};
    ours = {ours.operations + o.operations, ours.seconds + o.seconds};
  }
  store->close();
  print_rate(name.c_str(), raw, ours);
}

void bench(const std::string& folder, double seconds, const std::string& only) {
  const auto wanted = [&](const char* name) { return only.empty() || only == name; };
  BlockingPool pool(1);
  if (wanted("sync")) compare_synced("sync", folder, pool, seconds, raw_sync);
  if (wanted("group")) compare_synced("group", folder, pool, seconds, raw_group);
  if (only == "sync" || only == "group") return;
  RocksDbOptions relaxed;
  relaxed.durability = Durability::relaxed;
  auto db = open_raw(folder + "/raw");
  auto store = open_rocksdb(folder + "/relaxed", pool, relaxed);
  fill(*db);
  testing::run_task(fill(*store));
  store->close();
  store = open_rocksdb(folder + "/relaxed", pool, relaxed);
  testing::run_task(warm(*store));
  if (wanted("get")) print_time("get", raw_get(*db, seconds), testing::run_task(our_get(*store, seconds)));
  if (wanted("read")) print_time("read", raw_read(*db, seconds), testing::run_task(our_read(*store, seconds)));
  if (wanted("relaxed"))
    print_time("relaxed", raw_relaxed(*db, seconds), testing::run_task(our_relaxed(*store, seconds)));
  if (wanted("joined")) {
    std::vector<float> micros;
    print_time("joined", raw_relaxed(*db, seconds), our_joined(*store, seconds, micros));
    print_latencies(std::move(micros));
  }
  store->close();
  store.reset();
  const auto start = Clock::now();
  store = open_rocksdb(folder + "/relaxed", pool, relaxed);
  std::printf("opening  %.1f ms\n", seconds_since(start) * 1e3);
}

}  // namespace
}  // namespace brume::store

int main(int argc, char** argv) {
  try {
    const brume::store::testing::TemporaryFolder temporary;
    const std::string folder = argc > 1 && *argv[1] ? std::string(argv[1]) : temporary.path();
    brume::store::bench(folder, argc > 2 ? std::atof(argv[2]) : 2.0, argc > 3 ? argv[3] : "");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
