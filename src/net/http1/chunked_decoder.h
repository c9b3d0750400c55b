// Removes the chunked transfer coding (RFC 9112, section 7.1) from a byte stream.
#pragma once

#include <cstdint>
#include <string_view>

namespace brume::net {

/// Stricter than the RFC where leniency lets two servers disagree about a message's end: no white space
/// around the size, no bare LF, no control characters in extensions or trailers. Extensions and trailers
/// are checked, bounded and dropped.
class ChunkedDecoder {
 public:
  enum class Status { need_more, complete, malformed, too_large };

  /// `body_max` bounds the decoded body, `overhead_max` each of trailers and the extensions together.
  explicit ChunkedDecoder(std::uint64_t body_max = 0, std::size_t overhead_max = 0)
      : body_left_(body_max), extension_left_(overhead_max), trailer_left_(overhead_max) {}

  /// Reads `in` up to the end of the body. Decoded bytes go to `out`, which may be where `in` is (in place).
  /// Sets `taken` to the bytes read and `made` to the bytes written.
  Status decode(std::string_view in, char* out, std::size_t& taken, std::size_t& made);

 private:
  enum class State : std::uint8_t {
    size_start,
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_start,
    trailer_name,
    trailer_value,
    trailer_lf,
    end_lf,
    complete,
    malformed,
    too_large
  };

  State step(State state, char c);
  State after_size_digit(char c);

  State state_ = State::size_start;
  std::uint8_t digits_ = 0;
  std::uint64_t chunk_left_ = 0;
  std::uint64_t body_left_;
  std::size_t extension_left_;
  std::size_t trailer_left_;
};

}  // namespace brume::net
