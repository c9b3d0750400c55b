// A latency histogram with log-linear buckets: four to each doubling, so that a quantile is off by an eighth at most.
// One thread writes, any thread reads.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstdint>

namespace brume {

/// Adds to a counter that this thread alone writes: a plain add, no locked instruction.
inline void add_relaxed(std::atomic<std::uint64_t>& counter, std::uint64_t by) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

/// Bucket i holds durations d with bound(i - 1) <= d < bound(i), from 8 µs to 64 s; the last holds all above.
class Histogram {
 public:
  static constexpr unsigned kFirstOctave = 3;  // 2^3 µs
  static constexpr unsigned kOctaves = 23;
  static constexpr std::size_t kBuckets = kOctaves * 4 + 2;

  static constexpr std::size_t bucket_of(std::uint64_t micros) {
    if (micros < (1u << kFirstOctave)) return 0;
    const auto octave = static_cast<unsigned>(std::bit_width(micros)) - 1;
    if (octave >= kFirstOctave + kOctaves) return kBuckets - 1;
    return 1 + (octave - kFirstOctave) * 4 + ((micros >> (octave - 2)) & 3);
  }
  /// Upper bound of a bucket in microseconds; the last bucket has none.
  static constexpr std::uint64_t bound(std::size_t bucket) {
    const auto octave = kFirstOctave + static_cast<unsigned>(bucket) / 4;
    return (4 + bucket % 4) << (octave - 2);
  }

  void add(std::chrono::nanoseconds duration) {
    const auto nanos = static_cast<std::uint64_t>(std::max<std::int64_t>(0, duration.count()));
    add_relaxed(buckets_[bucket_of(nanos / 1000)], 1);
    add_relaxed(sum_nanos_, nanos);
  }

  struct Totals {
    std::array<std::uint64_t, kBuckets> buckets{};
    std::uint64_t sum_nanos = 0;
  };
  void add_to(Totals& totals) const {
    for (std::size_t i = 0; i < kBuckets; ++i) totals.buckets[i] += buckets_[i].load(std::memory_order_relaxed);
    totals.sum_nanos += sum_nanos_.load(std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<std::uint64_t>, kBuckets> buckets_{};
  std::atomic<std::uint64_t> sum_nanos_{0};
};

}  // namespace brume
