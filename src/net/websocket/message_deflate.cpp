#include "net/websocket/message_deflate.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>
#include <stdexcept>

namespace brume::net {
namespace {

constexpr std::size_t kPiece = 16 * 1024;
constexpr std::string_view kTail{"\x00\x00\xff\xff", 4};  // RFC 7692, section 7.2.1: taken off, put back
// One that remembers takes (1 << (bits + 2)) + (1 << (level + 9)) bytes: 32 KiB rather than 256.
constexpr int kRememberedWindowBits = 12, kRememberedMemoryLevel = 5, kMemoryLevel = 8;

Bytef* input(std::string_view bytes) { return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data())); }

}  // namespace

struct MessageInflater::State {
  z_stream z{};
  State() {
    if (inflateInit2(&z, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  ~State() { inflateEnd(&z); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

MessageInflater::MessageInflater(bool remembers) : remembers_(remembers) {}
MessageInflater::~MessageInflater() = default;

MessageInflater::Result MessageInflater::inflate(std::string_view bytes, std::string& out, std::size_t most) {
  if (!state_) state_ = std::make_unique<State>();
  z_stream& z = state_->z;
  z.next_in = input(bytes);
  z.avail_in = static_cast<uInt>(bytes.size());
  Bytef piece[kPiece];
  while (true) {
    z.next_out = piece;
    z.avail_out = sizeof piece;
    const int status = ::inflate(&z, Z_SYNC_FLUSH);
    const std::size_t made = sizeof piece - z.avail_out;
    if (made > most - out.size()) return Result::too_long;
    out.append(reinterpret_cast<const char*>(piece), made);
    if (status == Z_STREAM_END) {  // a final block may be followed by others (RFC 7692, section 7.2.3.4)
      if (inflateReset(&z) != Z_OK) return Result::malformed;
      if (z.avail_in == 0) return Result::good;
      continue;
    }
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    if (status != Z_OK && status != Z_BUF_ERROR) return Result::malformed;
    if (z.avail_out > 0) return z.avail_in == 0 ? Result::good : Result::malformed;
  }
}

MessageInflater::Result MessageInflater::add(std::string_view bytes, std::string& out, std::size_t most) {
  return bytes.empty() ? Result::good : inflate(bytes, out, most);
}

MessageInflater::Result MessageInflater::end(std::string& out, std::size_t most) {
  const Result result = inflate(kTail, out, most);
  if (!remembers_) state_.reset();
  return result;
}

struct MessageDeflater::State {
  z_stream z{};
  State(int bits, int memory) {
    if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, -bits, memory, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
  }
  ~State() { deflateEnd(&z); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

MessageDeflater::MessageDeflater(bool remembers, int window_bits) : remembers_(remembers), window_bits_(window_bits) {}
MessageDeflater::~MessageDeflater() = default;

std::string MessageDeflater::deflate(std::string_view message) {
  // Those that don't remember share one a thread: to make one costs more than a short message.
  static thread_local std::unique_ptr<State> shared;
  std::unique_ptr<State> own;
  State* state = nullptr;
  if (remembers_) {
    if (!state_)
      state_ = std::make_unique<State>(std::min(window_bits_, kRememberedWindowBits), kRememberedMemoryLevel);
    state = state_.get();
  } else if (window_bits_ == MAX_WBITS) {
    if (!shared) shared = std::make_unique<State>(MAX_WBITS, kMemoryLevel);
    state = shared.get();
    deflateReset(&state->z);
  } else {
    own = std::make_unique<State>(window_bits_, kMemoryLevel);
    state = own.get();
  }
  if (message.size() > std::numeric_limits<uInt>::max()) throw std::length_error("a message of 4 GiB");
  z_stream& z = state->z;
  z.next_in = input(message);
  z.avail_in = static_cast<uInt>(message.size());
  std::string out;
  Bytef piece[kPiece];
  do {
    z.next_out = piece;
    z.avail_out = sizeof piece;
    ::deflate(&z, Z_SYNC_FLUSH);
    out.append(reinterpret_cast<const char*>(piece), sizeof piece - z.avail_out);
  } while (z.avail_out == 0);
  if (out.ends_with(kTail)) out.resize(out.size() - kTail.size());
  // An empty message makes no block of its own: the RFC has a stored block without its tail for it.
  if (out.empty()) out.push_back('\0');
  return out;
}

}  // namespace brume::net
