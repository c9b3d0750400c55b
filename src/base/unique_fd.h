// The owner of a file descriptor.
#pragma once

#include <unistd.h>

#include <utility>

namespace brume {

/// Closes its descriptor when it ends. Negative: none, so what open() and its like return can be handed in and asked
/// for afterwards. Errors of close() are not seen: whoever must know that bytes are on the disk calls fsync.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  /// Gives it away unclosed.
  int release() { return std::exchange(fd_, -1); }
  /// Closes it and owns `fd` instead.
  void reset(int fd = -1) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

}  // namespace brume
