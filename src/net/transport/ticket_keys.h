// The keys under which a server's clients keep their TLS sessions.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

namespace brume::net {

/// A new key each `life`; one that has been replaced still opens tickets for one life more, which clients get renewed.
/// So a key that leaks opens what was recorded within two lives, no more. Thread-safe.
class TicketKeys {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::hours kLife{12};

  explicit TicketKeys(std::chrono::seconds life = kLife, std::function<Clock::time_point()> now = Clock::now)
      : life_(life), now_(std::move(now)) {}

  struct Key {
    std::array<unsigned char, 16> name;
    std::array<unsigned char, 32> cipher, mac;
    Clock::time_point since;
  };
  /// For new tickets. Errors: std::runtime_error without random bytes.
  Key current();
  /// The key of that name, if it may still open; `renew`: it is not the current one.
  std::optional<Key> find(const unsigned char* name, bool& renew);
  std::chrono::seconds life() const { return life_; }

 private:
  void rotate();

  const std::chrono::seconds life_;
  const std::function<Clock::time_point()> now_;
  std::mutex mutex_;
  std::deque<Key> keys_;  ///< the newest first
};

}  // namespace brume::net
