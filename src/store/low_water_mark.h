// For a job that deletes what it finds from the head of a range on, again and again: a queue, an expiry index.
//
// What it has deleted still lies in the engine until a compaction takes it away, and every look from the head walks over
// all of it. So the job begins its looks where the last one found the first record that it left, and looks from the head
// only in so far as that is cheap: records may be entered before the mark at any time, and a store of several nodes knows
// no better.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "store/store.h"

namespace brume::store {

/// Belongs to one job, which looks one look at a time.
class LowWaterMark {
 public:
  /// Looks from the head take at most one part in this many of the time, and come at least that often.
  static constexpr int kPart = 20;

  /// Where the look that begins now begins: at the mark, or at `head` when a look from there is due.
  std::string begin(std::string_view head, SteadyTime now) {
    began_ = now;
    from_head_ = mark_.empty() || mark_ <= head || now >= next_from_head_;
    looked_ = false;
    return from_head_ ? std::string(head) : mark_;
  }

  /// The first read of this look ended: it has passed over what the former looks deleted.
  void looked(SteadyTime now) {
    if (from_head_ && !looked_) next_from_head_ = now + kPart * (now - began_);
    looked_ = true;
  }

  /// Everything before `key` that was there at this look is gone.
  void passed(std::string_view key) { mark_ = key; }

 private:
  std::string mark_;
  SteadyTime began_{};
  SteadyTime next_from_head_{};
  bool from_head_ = true;
  bool looked_ = false;
};

}  // namespace brume::store
