// A connection, or a stream of an HTTP/2 connection, that a handler has taken over from HTTP.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/task.h"

namespace brume::net {

/// Bytes both ways until either side ends. Used on one loop; one read() and one write() at a time, but both at once.
class Channel {
 public:
  virtual ~Channel() = default;

  enum class Event {
    bytes,    ///< something came
    ended,    ///< nothing more comes: the peer has ended or left, or the server stops
    timeout,  ///< the moment that wake_after() named is here
  };
  struct Arrival {
    Event event;
    std::string_view bytes = {};
  };

  /// What came, at most some 64 KiB, valid until the caller suspends next. While it waits no buffer is held.
  virtual Task<Arrival> read() = 0;
  /// Returns when all is handed to the kernel (or framed within the peer's flow control): a slow reader slows its
  /// sender, and is closed when it is slower than the server's limits allow. False: nothing more can be sent.
  virtual Task<bool> write(std::string_view head, std::string_view body) = 0;
  /// A read() that waits then, or begins to wait later, ends with `timeout`, once. Replaces the moment set before.
  virtual void wake_after(std::chrono::milliseconds time) = 0;
  /// What the taker holds of the peer's bytes in memory, from now on, in all; counted against the server's limit for long
  /// bodies. False, and as it was, where there is no room.
  virtual bool hold(std::size_t bytes) = 0;
  /// Ends both directions at once: reads end, writes fail.
  virtual void abort() noexcept = 0;
  /// What is called, once, when the server begins to drain; at once if it has begun. Must not suspend or throw.
  virtual void on_drain(std::function<void()> action) = 0;
  virtual LoopExecutor loop() const = 0;
};

/// Instead of a response's body: what goes on with the connection after the head.
struct Takeover {
  std::string protocol;  ///< for the Upgrade header of HTTP/1.1
  /// Runs until the connection is of no more use; what was written is delivered then. The request is gone by now. An
  /// exception is logged.
  std::function<Task<>(Channel&)> run;
};

}  // namespace brume::net
