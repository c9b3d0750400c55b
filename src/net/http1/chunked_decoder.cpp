#include "net/http1/chunked_decoder.h"

#include <algorithm>
#include <cstring>

#include "net/message/characters.h"

namespace brume::net {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

ChunkedDecoder::Status ChunkedDecoder::decode(std::string_view in, char* out, std::size_t& taken, std::size_t& made) {
  std::size_t at = 0;
  made = 0;
  while (at < in.size() && state_ < State::complete) {
    if (state_ != State::data) {
      state_ = step(state_, in[at++]);
      continue;
    }
    const std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(chunk_left_, in.size() - at));
    std::memmove(out + made, in.data() + at, n);
    at += n;
    made += n;
    chunk_left_ -= n;
    if (chunk_left_ == 0) state_ = State::data_cr;
  }
  taken = at;
  switch (state_) {
    case State::complete: return Status::complete;
    case State::malformed: return Status::malformed;
    case State::too_large: return Status::too_large;
    default: return Status::need_more;
  }
}

ChunkedDecoder::State ChunkedDecoder::after_size_digit(char c) {
  if (const int digit = hex_value(c); digit >= 0) {
    if (++digits_ > 16) return State::malformed;
    chunk_left_ = chunk_left_ << 4 | static_cast<std::uint64_t>(digit);
    return State::size;
  }
  if (digits_ == 0) return State::malformed;
  if (c == '\r') return State::size_lf;
  return c == ';' ? State::extension : State::malformed;
}

ChunkedDecoder::State ChunkedDecoder::step(State state, char c) {
  switch (state) {
    case State::size_start:
      chunk_left_ = 0;
      digits_ = 0;
      return after_size_digit(c);
    case State::size: return after_size_digit(c);
    case State::extension:
      if (c == '\r') return State::size_lf;
      if (is_control(c) || extension_left_ == 0) return State::malformed;
      --extension_left_;
      return State::extension;
    case State::size_lf:
      if (c != '\n') return State::malformed;
      if (chunk_left_ == 0) return State::trailer_start;
      if (chunk_left_ > body_left_) return State::too_large;
      body_left_ -= chunk_left_;
      return State::data;
    case State::data_cr: return c == '\r' ? State::data_lf : State::malformed;
    case State::data_lf: return c == '\n' ? State::size_start : State::malformed;
    case State::trailer_start:
      if (c == '\r') return State::end_lf;
      [[fallthrough]];
    case State::trailer_name:
      if (c == ':' && state == State::trailer_name) return State::trailer_value;
      if (!is_token(c) || trailer_left_ == 0) return State::malformed;
      --trailer_left_;
      return State::trailer_name;
    case State::trailer_value:
      if (c == '\r') return State::trailer_lf;
      if (is_control(c) || trailer_left_ == 0) return State::malformed;
      --trailer_left_;
      return State::trailer_value;
    case State::trailer_lf: return c == '\n' ? State::trailer_start : State::malformed;
    case State::end_lf: return c == '\n' ? State::complete : State::malformed;
    default: return State::malformed;
  }
}

}  // namespace brume::net
