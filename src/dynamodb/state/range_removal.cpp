#include "dynamodb/state/range_removal.h"

#include <utility>
#include <vector>

namespace brume::dynamodb {
namespace {

/// Removes up to one chunk; returns the last key that went, "" if there was none.
std::string remove_chunk(store::Transaction& transaction, const store::Range& range, std::size_t limit,
                         const BeforeErasing& before) {
  std::vector<std::string> keys;
  auto cursor = transaction.scan(range);
  for (; cursor->valid() && keys.size() < limit; cursor->next()) {
    keys.emplace_back(cursor->key());
    if (before) before(transaction, cursor->key(), cursor->value());
  }
  for (const std::string& key : keys) transaction.erase(key);
  return keys.empty() ? std::string() : std::move(keys.back());
}

}  // namespace

Task<bool> remove_range(State& state, cluster::Job& job, store::Range range, std::string lock_key,
                        BeforeErasing before) {
  while (!job.stopping()) {
    store::LockKeys locks{lock_key};
    auto body = [&](store::Transaction& t) {
      return remove_chunk(t, range, state.options.removal_chunk_items, before);
    };
    std::string last = co_await job.commit(std::move(locks), body);
    if (last.empty()) co_return true;
    // Each chunk begins where the last one ended: from the front it would walk over all that is gone already.
    range.begin = std::move(last);
    range.begin.push_back('\0');
  }
  co_return false;
}

}  // namespace brume::dynamodb
