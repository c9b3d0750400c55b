// How many bytes of long bodies a server holds at once, all its connections together.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace brume::net {

/// Up to here a body, or the buffer it lies in, is not counted and asks for nobody's leave: counting costs nothing where
/// calls are short.
inline constexpr std::size_t kUncountedBytes = 64 * 1024;

/// Thread-safe.
class BodyBudget {
 public:
  /// Before it is used.
  void set_max(std::size_t bytes) { max_ = bytes; }
  std::size_t max() const { return max_; }
  std::size_t used() const { return used_.load(std::memory_order_relaxed); }
  /// How much more than there is was taken by always().
  std::size_t overdrawn() const {
    const std::size_t now = used();
    return now > max_ ? now - max_ : 0;
  }

  /// What one connection holds. Given back when it goes.
  class Share {
   public:
    explicit Share(BodyBudget& budget) : budget_(budget) {}
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    ~Share() { shrink(0); }

    /// Makes it `bytes` if there is room; false, and as it was, if not. Never smaller.
    bool grow(std::size_t bytes) {
      const std::size_t wanted = counted(bytes);
      if (wanted <= held_) return true;
      if (!budget_.take(wanted - held_)) return false;
      held_ = wanted;
      return true;
    }
    /// The same whether there is room or not: for what lies in memory already.
    void grow_always(std::size_t bytes) {
      const std::size_t wanted = counted(bytes);
      if (wanted <= held_) return;
      budget_.used_.fetch_add(wanted - held_, std::memory_order_relaxed);
      held_ = wanted;
    }
    /// Never larger.
    void shrink(std::size_t bytes) {
      const std::size_t wanted = counted(bytes);
      if (wanted >= held_) return;
      budget_.used_.fetch_sub(held_ - wanted, std::memory_order_relaxed);
      held_ = wanted;
    }
    std::size_t held() const { return held_; }

   private:
    static std::size_t counted(std::size_t bytes) { return bytes > kUncountedBytes ? bytes : 0; }

    BodyBudget& budget_;
    std::size_t held_ = 0;
  };

 private:
  bool take(std::size_t bytes) {
    std::size_t now = used();
    do {
      if (bytes > max_ || now > max_ - bytes) return false;
    } while (!used_.compare_exchange_weak(now, now + bytes, std::memory_order_relaxed));
    return true;
  }

  std::size_t max_ = 0;
  std::atomic<std::size_t> used_{0};
};

}  // namespace brume::net
