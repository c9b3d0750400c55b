// Keeps writes out of a table whose items are being removed.
#pragma once

#include <atomic>

namespace brume::dynamodb {

/// Writers enter and leave; once it is closed none gets in. A remover closes it and waits until it is
/// empty: no write can then put an item behind the remover's back. Entering and closing are ordered
/// (sequentially consistent), so either the writer sees the gate closed or the remover sees the writer.
class WriteGate {
 public:
  class Pass {
   public:
    /// False afterwards if the gate is closed.
    explicit Pass(WriteGate& gate) : gate_(gate) { gate_.writers_.fetch_add(1); }
    ~Pass() { gate_.writers_.fetch_sub(1); }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    explicit operator bool() const { return !gate_.closed_.load(); }

   private:
    WriteGate& gate_;
  };

  void close() { closed_.store(true); }
  bool empty() const { return writers_.load() == 0; }

 private:
  std::atomic<int> writers_ = 0;
  std::atomic<bool> closed_ = false;
};

}  // namespace brume::dynamodb
