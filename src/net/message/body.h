// Bodies that come in pieces: what may be long is never whole in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/task.h"

namespace brume::net {

/// A body that its reader pulls, so that a slow reader slows its source. Used on one loop, one read() at a time.
class BodyStream {
 public:
  virtual ~BodyStream() = default;
  /// The next bytes, some 64 KiB at most, valid until the next call; empty at the end, and again after it. An exception
  /// means that the rest will not come: whoever passes the body on must not make it look complete.
  virtual Task<std::string_view> read() = 0;
  /// The reader has left: a read() under way ends soon, by an exception, and so do later ones. May be called during
  /// read(), from the same loop; resumes nobody before it returns. Where a read() ends by itself in any case, nothing.
  virtual void cancel() noexcept {}
  /// Bytes in all, where that is known before the last of them.
  virtual std::optional<std::uint64_t> size() const { return std::nullopt; }
};

/// Why a request's body ended too soon. Let through by a handler, it is answered with `status`.
class BodyError : public std::runtime_error {
 public:
  BodyError(int status, const std::string& what) : std::runtime_error(what), status(status) {}
  int status;  ///< 400 malformed or cut off, 408 too slow, 413 too long, 503 no memory for it
};

}  // namespace brume::net
