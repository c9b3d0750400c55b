#include "store/disk_space.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/log.h"

namespace brume::store {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

constexpr std::array<std::string_view, 4> kNames = {"ample", "low", "critical", "exhausted"};

}  // namespace

std::optional<Room> room_of(const std::string& folder) {
  struct statvfs found {};
  if (::statvfs(folder.c_str(), &found) != 0) return std::nullopt;
  const std::uint64_t unit = found.f_frsize;
  return Room{found.f_bavail * unit, found.f_blocks * unit};
}

std::uint64_t default_reserve(std::uint64_t total) {
  return std::min(total / 8, std::clamp(total / 20, 256 * kMiB, 4096 * kMiB));
}

DiskSpace::DiskSpace(Source source, std::uint64_t reserve) : source_(std::move(source)), reserve_(reserve) { check(); }

void DiskSpace::set_promised(Promised promised) {
  std::lock_guard lock(mutex_);
  promised_ = std::move(promised);
}

SpaceLevel DiskSpace::level_of(std::uint64_t free, std::uint64_t reserve) {
  if (free < reserve / 4) return SpaceLevel::exhausted;
  if (free < reserve) return SpaceLevel::critical;
  if (free < 2 * reserve) return SpaceLevel::low;
  return SpaceLevel::ample;
}

SpaceLevel DiskSpace::check() {
  std::lock_guard lock(mutex_);
  // What is written, or done as promised, while we measure is counted twice rather than not at all.
  const std::uint64_t before = spent_.load(std::memory_order_relaxed);
  const std::uint64_t promised = promised_ ? promised_() : 0;
  const std::optional<Room> room = source_();
  if (!room) return level();
  if (reserve() == 0) reserve_.store(default_reserve(room->total), std::memory_order_relaxed);
  const std::uint64_t free = room->free - std::min(room->free, promised);
  measured_.store(room->free, std::memory_order_relaxed);
  free_.store(free, std::memory_order_relaxed);
  spent_.fetch_sub(before, std::memory_order_relaxed);
  const SpaceLevel now = level();
  SpaceLevel next = level_of(free, reserve());
  if (next < now) next = std::min(now, level_of(free - free / 11, reserve()));
  settle(next, free);
  return next;
}

void DiskSpace::spent(std::uint64_t bytes) {
  spent_.fetch_add(bytes, std::memory_order_relaxed);
  const std::uint64_t free = free_bytes();
  if (level_of(free, reserve()) <= level()) return;
  std::lock_guard lock(mutex_);
  if (const SpaceLevel next = level_of(free_bytes(), reserve()); next > level()) settle(next, free_bytes());
}

std::uint64_t DiskSpace::free_bytes() const {
  const std::uint64_t free = free_.load(std::memory_order_relaxed);
  return free - std::min(free, spent_.load(std::memory_order_relaxed));
}

std::optional<std::uint64_t> DiskSpace::measured() const {
  const std::uint64_t bytes = measured_.load(std::memory_order_relaxed);
  return bytes == kUnknown ? std::nullopt : std::optional(bytes);
}

/// The mutex is held.
void DiskSpace::settle(SpaceLevel next, std::uint64_t free) {
  const SpaceLevel before = level_.exchange(next, std::memory_order_relaxed);
  if (next == before) return;
  const auto name = [](SpaceLevel level) { return kNames[static_cast<std::size_t>(level)]; };
  log_event(
      next > before ? LogLevel::warn : LogLevel::info, "disk_space",
      {{"level", name(next)}, {"before", name(before)}, {"free_mb", free / kMiB}, {"reserve_mb", reserve() / kMiB}});
}

}  // namespace brume::store
