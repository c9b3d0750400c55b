#include "store/commit_watches.h"

#include <utility>

namespace brume::store {

void CommitWatches::add(Range range, CommitWatcher& watcher) {
  const std::size_t first = pair_of(range.begin);
  std::size_t last = range.end.empty() ? 65535 : pair_of(range.end);
  if (!range.end.empty() && range.end.size() <= 2 && last > first) --last;  // the pair itself lies behind the range
  std::lock_guard lock(mutex_);
  watches_.push_back({std::move(range), &watcher});
  for (std::size_t pair = first; pair <= last; ++pair)
    pairs_[pair / 64].fetch_or(std::uint64_t{1} << (pair % 64), std::memory_order_release);
}

void CommitWatches::remove(CommitWatcher& watcher) {
  std::lock_guard lock(mutex_);
  std::erase_if(watches_, [&](const Watch& watch) { return watch.watcher == &watcher; });
}

void CommitWatches::tell(std::string_view key, const std::string_view* value) {
  std::lock_guard lock(mutex_);
  for (const Watch& watch : watches_)
    if (watch.range.contains(key)) watch.watcher->committed(key, value);
}

}  // namespace brume::store
