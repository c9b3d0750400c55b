// A store that is larger than its caches: `bench_large [million items] [cache MiB] [folder]`.
//
// Loads items of 1 KiB, as compressible as text, unless the folder holds a store already; then reads them at random and scans them in pages of 1 MiB. Prints
// rates and the resident memory, which is to stay below the caches plus 300 MiB.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>

#include "store/rocksdb/open.h"
#include "store/testing/temporary_store.h"

namespace brume::store {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::uint64_t mixed(std::uint64_t i) { return (i + 1) * 0x9E3779B97F4A7C15u; }

std::string key_of(std::uint64_t i) {
  char key[32];
  std::snprintf(key, sizeof key, "d%016llx", static_cast<unsigned long long>(mixed(i)));
  return key;
}

/// Half of it repeats, half does not.
std::string value_of(std::uint64_t i) {
  std::string value;
  std::mt19937_64 random(i);
  while (value.size() < 1000) {
    char text[40];
    std::snprintf(text, sizeof text, "attribute:%016llx", static_cast<unsigned long long>(random()));
    value += text;
  }
  return value;
}

/// MiB, from /proc/self/status: VmRSS is now, VmHWM the most so far.
long memory(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name + ":")) return std::atol(line.c_str() + name.size() + 1) / 1024;
  return 0;
}

class Bench {
 public:
  Bench(const std::string& folder, std::uint64_t items, std::size_t cache_bytes)
      : folder_(folder), items_(items), loaded_(std::filesystem::exists(folder + "/CURRENT")) {
    options_.durability = Durability::relaxed;
    options_.block_cache_bytes = cache_bytes;
    store_ = open_rocksdb(folder_, pool_, options_);
  }

  void run() {
    if (!loaded_) report("load, items/s", static_cast<double>(items_), [this](int n) { return load(n); });
    store_->close();
    store_.reset();
    const auto start = Clock::now();
    store_ = open_rocksdb(folder_, pool_, options_);
    std::printf("%-24s %10.1f ms\n", "opening", seconds_since(start) * 1e3);
    report("random gets/s", kGets, [this](int n) { return gets(n); });
    report("hot gets/s", kGets, [this](int n) { return hot_gets(n); });
    scanned_bytes_ = 0;
    const auto scan_start = Clock::now();
    testing::run_task(scan());
    std::printf("%-24s %10.0f MB/s   %5ld MiB resident\n", "scan",
                static_cast<double>(scanned_bytes_) / 1e6 / seconds_since(scan_start), memory("VmRSS"));
    std::printf("%-24s %10ld MiB\n", "most resident", memory("VmHWM"));
    store_->close();
  }

 private:
  static constexpr int kCoroutines = 32;
  static constexpr double kGets = 200'000;

  template <class F>
  void report(const char* name, double operations, F make_task) {
    asio::io_context loop(1);
    const auto start = Clock::now();
    for (int n = 0; n < kCoroutines; ++n) spawn(loop.get_executor(), make_task(n));
    loop.run();
    std::printf("%-24s %10.0f        %5ld MiB resident\n", name, operations / seconds_since(start), memory("VmRSS"));
    std::fflush(stdout);
  }

  Task<> load(int n) {
    for (std::uint64_t i = static_cast<std::uint64_t>(n); i < items_; i += kCoroutines) {
      const std::string key = key_of(i);
      co_await store_->run(lock_on(key), [&](Transaction& t) {
        std::string before;
        t.get(key, before);
        t.put(key, value_of(i));
      });
    }
  }
  Task<> gets(int n) {
    std::mt19937_64 random(static_cast<std::uint64_t>(n));
    std::string value;
    for (int i = 0; i < kGets / kCoroutines; ++i) {
      const std::string key = key_of(random() % items_);
      if (!co_await store_->get(key, value)) throw std::runtime_error("an item is missing");
    }
  }
  Task<> hot_gets(int n) {
    std::mt19937_64 random(static_cast<std::uint64_t>(n));
    std::string value;
    for (int i = 0; i < kGets / kCoroutines; ++i) {
      const std::string key = key_of(random() % std::min<std::uint64_t>(items_, 20'000));
      co_await store_->get(key, value);
    }
  }
  Task<> scan() {
    std::string from = "d";
    while (!from.empty()) {
      from = co_await store_->read([&](Reader& reader) {
        std::size_t bytes = 0;
        std::string next;
        for (auto at = reader.scan({from, "e"}); at->valid() && next.empty(); at->next()) {
          bytes += at->key().size() + at->value().size();
          if (bytes >= 1024 * 1024) next = std::string(at->key()) + '\0';
        }
        page_bytes_ = bytes;
        return next;
      });
      scanned_bytes_ += page_bytes_;
    }
  }

  const std::string folder_;
  const std::uint64_t items_;
  const bool loaded_;
  RocksDbOptions options_;
  BlockingPool pool_{2};
  std::unique_ptr<Store> store_;
  std::size_t page_bytes_ = 0;
  std::uint64_t scanned_bytes_ = 0;
};

}  // namespace
}  // namespace brume::store

int main(int argc, char** argv) {
  try {
    const brume::store::testing::TemporaryFolder temporary;
    const double millions = argc > 1 ? std::atof(argv[1]) : 1;
    const double cache_mib = argc > 2 ? std::atof(argv[2]) : 256;
    brume::store::Bench bench(argc > 3 ? argv[3] : temporary.path(), static_cast<std::uint64_t>(millions * 1e6),
                              static_cast<std::size_t>(cache_mib * 1024 * 1024));
    bench.run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
