#include "store/rocksdb/write_buffer_watch.h"

#include <array>

#include "base/log.h"

namespace brume::store {

// What fits in a buffer depends on the size of the records; from one buffer to the next it changes little. A buffer that
// was sealed early, by a flush that was asked for, teaches nothing.
void WriteBufferWatch::OnMemTableSealed(const rocksdb::MemTableInfo&) {
  const std::size_t written = written_.exchange(0, std::memory_order_relaxed);
  const std::size_t expected = nearly_full_.load(std::memory_order_relaxed);
  if (written >= expected / 2) nearly_full_.store(written / 16 * 15, std::memory_order_relaxed);
}

void WriteBufferWatch::OnStallConditionsChanged(const rocksdb::WriteStallInfo& info) {
  constexpr std::array<const char*, 3> kNames{"normal", "delayed", "stopped"};
  const auto now = static_cast<std::size_t>(info.condition.cur);
  log_debug("store_write_stall", {{"condition", now < kNames.size() ? kNames[now] : "unknown"}});
}

}  // namespace brume::store
