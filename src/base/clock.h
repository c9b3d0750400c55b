// Time is passed in, so that expiry, throttles and token lifetimes are tested without sleeping.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace brume {

using WallTime = std::chrono::system_clock::time_point;
using SteadyTime = std::chrono::steady_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime now() const = 0;          ///< calendar time
  virtual WallTime world() const { return now(); }  ///< that of everybody else, where now() may have been set forward
  virtual SteadyTime monotonic() const = 0;  ///< never goes back; for measuring durations
};

/// The machine's clock.
class SystemClock final : public Clock {
 public:
  WallTime now() const override { return std::chrono::system_clock::now(); }
  SteadyTime monotonic() const override { return std::chrono::steady_clock::now(); }
};

/// The machine's clock, set forward by hand: for users' tests of what takes hours. Thread-safe.
class AdvancedClock final : public Clock {
 public:
  WallTime now() const override { return std::chrono::system_clock::now() + ahead(); }
  WallTime world() const override { return std::chrono::system_clock::now(); }
  SteadyTime monotonic() const override { return std::chrono::steady_clock::now() + ahead(); }
  std::chrono::milliseconds ahead() const { return std::chrono::milliseconds(ahead_.load(std::memory_order_relaxed)); }
  void advance(std::chrono::milliseconds by) { ahead_.fetch_add(by.count(), std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> ahead_{0};
};

/// A clock that tests move by hand.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime start = WallTime(std::chrono::seconds(1'700'000'000))) : wall_(start) {}
  WallTime now() const override { return wall_; }
  SteadyTime monotonic() const override { return steady_; }
  void advance(std::chrono::milliseconds by) {
    wall_ += by;
    steady_ += by;
  }

 private:
  WallTime wall_;
  SteadyTime steady_{};
};

inline std::int64_t unix_millis(WallTime t) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(t.time_since_epoch()).count();
}
inline double unix_seconds(WallTime t) { return static_cast<double>(unix_millis(t)) / 1000.0; }

}  // namespace brume
