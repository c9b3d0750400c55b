#include <cinttypes>
#include <cstdio>

#include "cli/commands.h"
#include "dynamodb/check.h"
#include "store/key_spaces.h"
#include "store/rocksdb/open.h"

namespace brume::cli {

int store_check(const std::string& data_folder) {
  std::uint64_t problems = 0;
  dynamodb::EntryChecker items([&](std::string problem) {
    ++problems;
    std::fprintf(stderr, "brume: %s\n", problem.c_str());
  });
  std::uint64_t keys = 0;
  try {
    keys = store::check_rocksdb(data_folder, [&](std::string_view key, std::string_view value) {
      if (!key.empty() && key.front() == store::kDynamoDbSpace) items.see(key, value);
    });
  } catch (const store::StoreError& error) {
    std::fprintf(stderr, "brume: %s\n", error.what());
    return 1;
  }
  items.finish();
  std::printf("store check: %" PRIu64 " keys, %" PRIu64 " tables, %" PRIu64 " items, %" PRIu64 " problems\n", keys,
              items.tables(), items.items(), problems);
  return problems == 0 ? 0 : 1;
}

}  // namespace brume::cli
