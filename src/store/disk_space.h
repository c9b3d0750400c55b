// How much room the data folder's file system has left, and who may still use it.
//
//   free        may write
//   ≥ 2 reserve   everybody
//   < 2 reserve   not: what may be lost (output of functions, audit records of what changed nothing)
//   < reserve     commits that free space or that the server needs to go on (Transaction::use_reserve)
//   < reserve/4   nobody: so the store's log never meets a full disk
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace brume::store {

enum class SpaceLevel : std::uint8_t { ample, low, critical, exhausted };

/// A file system's bytes for an ordinary user.
struct Room {
  std::uint64_t free = 0;
  std::uint64_t total = 0;
};

/// That of `folder`; nullopt if the system does not say. May block as any call of the file system.
std::optional<Room> room_of(const std::string& folder);

/// A twentieth of the file system, at least 256 MiB and at most 4 GiB, but never more than an eighth.
std::uint64_t default_reserve(std::uint64_t total);

/// Thread-safe. Asking for the level costs one load of memory that is seldom written.
class DiskSpace {
 public:
  /// Measures now and at each check(). What `promised` tells is taken off the free bytes: what the store holds in memory
  /// and has yet to write. A source that fails keeps the level as it is.
  /// `reserve` 0: default_reserve of what the source says.
  using Source = std::function<std::optional<Room>()>;
  using Promised = std::function<std::uint64_t()>;
  DiskSpace(Source source, std::uint64_t reserve);
  DiskSpace(const DiskSpace&) = delete;
  DiskSpace& operator=(const DiskSpace&) = delete;

  void set_promised(Promised promised);

  SpaceLevel level() const { return level_.load(std::memory_order_relaxed); }
  /// Measures; a change of the level is logged. A level is left upwards only with a tenth of its mark to spare, so that it
  /// does not flicker. Not on a loop.
  SpaceLevel check();
  /// Somebody has written about `bytes` since: the level falls at once when they may have used up what was free.
  void spent(std::uint64_t bytes);

  /// A commit was refused for want of space.
  void count_refused() { refused_.fetch_add(1, std::memory_order_relaxed); }
  std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

  std::uint64_t reserve() const { return reserve_.load(std::memory_order_relaxed); }
  /// As measured at the last check; nullopt before the first that succeeded.
  std::optional<std::uint64_t> measured() const;
  /// At the last check, less what is promised and was spent since.
  std::uint64_t free_bytes() const;

 private:
  static constexpr std::uint64_t kUnknown = ~std::uint64_t{0};
  static SpaceLevel level_of(std::uint64_t free, std::uint64_t reserve);
  void settle(SpaceLevel level, std::uint64_t free);

  const Source source_;
  alignas(64) std::atomic<SpaceLevel> level_{SpaceLevel::ample};
  alignas(64) std::atomic<std::uint64_t> reserve_;
  std::atomic<std::uint64_t> measured_{kUnknown};
  std::atomic<std::uint64_t> free_{0};  ///< at the last check
  std::atomic<std::uint64_t> spent_{0};  ///< since
  std::atomic<std::uint64_t> refused_{0};
  std::mutex mutex_;  ///< of check() and changes of the level; guards promised_
  Promised promised_;
};

}  // namespace brume::store
