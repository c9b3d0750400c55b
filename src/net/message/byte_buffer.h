// A growable run of bytes that is filled at its end and consumed at its front.
#pragma once

#include <cstring>
#include <memory>
#include <string_view>

namespace brume::net {

/// Bytes stay where they are until prepare() or erase(); consume() moves nothing. Not thread-safe.
class ByteBuffer {
 public:
  std::string_view bytes() const { return {data_.get() + begin_, end_ - begin_}; }
  char* data() { return data_.get() + begin_; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  std::size_t capacity() const { return capacity_; }

  /// Room for at least `room` bytes behind the last one; may move what is there. Write there, then commit(). Grows by
  /// doubling, but not beyond `most` if what is held and `room` fit into that.
  char* prepare(std::size_t room, std::size_t most = kUnlimited) {
    if (capacity_ - end_ < room) make_room(room, most);
    return data_.get() + end_;
  }
  /// What capacity() will be after prepare(room, most).
  std::size_t capacity_after(std::size_t room, std::size_t most = kUnlimited) const {
    return capacity_ - end_ >= room || moving_up_makes(room) ? capacity_ : grown(room, most);
  }
  /// How much may be written after prepare().
  std::size_t room() const { return capacity_ - end_; }
  void commit(std::size_t written) { end_ += written; }
  void append(std::string_view text) {
    if (text.empty()) return;
    std::memcpy(prepare(text.size()), text.data(), text.size());
    commit(text.size());
  }

  void consume(std::size_t count) {
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  /// Removes `count` bytes at `at` (counted from the front); those behind them move up.
  void erase(std::size_t at, std::size_t count) {
    char* to = data() + at;
    std::memmove(to, to + count, size() - at - count);
    end_ -= count;
  }
  void clear() { begin_ = end_ = 0; }
  /// Gives memory back if nothing is held and more than `kept` is allocated.
  void shrink(std::size_t kept) {
    if (!empty() || capacity_ <= kept) return;
    data_.reset();
    begin_ = end_ = capacity_ = 0;
  }

 private:
  static constexpr std::size_t kFirstCapacity = 4096;
  static constexpr std::size_t kUnlimited = static_cast<std::size_t>(-1);

  /// Whether at least half is free in front, and moving up therefore cheap, and enough.
  bool moving_up_makes(std::size_t room) const { return capacity_ - size() >= room && begin_ >= size(); }

  std::size_t grown(std::size_t room, std::size_t most) const {
    std::size_t wanted = capacity_ < kFirstCapacity ? kFirstCapacity : capacity_ * 2;
    if (wanted > most) wanted = most;
    return wanted < size() + room ? size() + room : wanted;
  }

  void make_room(std::size_t room, std::size_t most) {
    const std::size_t held = size();
    if (moving_up_makes(room)) {
      std::memmove(data_.get(), data_.get() + begin_, held);
    } else {
      const std::size_t wanted = grown(room, most);
      auto bigger = std::make_unique_for_overwrite<char[]>(wanted);
      if (held > 0) std::memcpy(bigger.get(), data_.get() + begin_, held);
      data_ = std::move(bigger);
      capacity_ = wanted;
    }
    begin_ = 0;
    end_ = held;
  }

  std::unique_ptr<char[]> data_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace brume::net
