// Tells those who change what a table is when no write under the former definition is left.
#pragma once

#include <array>
#include <atomic>

namespace brume::dynamodb {

/// Writers enter and leave; once it is closed none gets in. Two things wait for writers:
///   - a remover closes the gate and waits until it is empty: no write can then put an item behind its back;
///   - one that publishes a new revision of the table (an index more, say) waits for those who entered
///     before: later ones enter, look at TableLive::revision and find the new one (WritePass).
/// Entering, closing and turning are ordered (sequentially consistent), so either the writer sees the change
/// or the other side sees the writer.
class WriteGate {
 public:
  class Pass {
   public:
    /// False afterwards if the gate is closed.
    explicit Pass(WriteGate& gate) : gate_(gate) {
      for (;;) {
        side_ = gate_.side_.load();
        gate_.writers_[side_].fetch_add(1);
        if (side_ == gate_.side_.load()) return;
        gate_.writers_[side_].fetch_sub(1);  // turned in between: this side may already count as left
      }
    }
    ~Pass() { gate_.writers_[side_].fetch_sub(1); }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    explicit operator bool() const { return !gate_.closed_.load(); }

   private:
    WriteGate& gate_;
    unsigned side_ = 0;
  };

  void close() { closed_.store(true); }
  bool closed() const { return closed_.load(); }
  bool empty() const { return writers_[0].load() == 0 && writers_[1].load() == 0; }

  /// Sends later writers to the other side; false if an earlier turn is still waited for. After true, call
  /// turned() until it says true: then nobody is left who entered before the turn.
  bool try_turn() {
    if (turning_.exchange(true)) return false;
    side_.store(1 - side_.load());
    return true;
  }
  bool turned() {
    if (writers_[1 - side_.load()].load() != 0) return false;
    turning_.store(false);
    return true;
  }

 private:
  std::array<std::atomic<int>, 2> writers_{};
  std::atomic<unsigned> side_ = 0;
  std::atomic<bool> turning_ = false;
  std::atomic<bool> closed_ = false;
};

}  // namespace brume::dynamodb
