// A WebSocket client for tests that sends exactly what the test says.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/testing/test_support.h"
#include "net/websocket/frame.h"

namespace brume::net::test {

struct Frame {
  Opcode opcode = Opcode::text;
  std::string payload;
  bool fin = true;
  bool compressed = false;

  bool operator==(const Frame&) const = default;
  friend std::ostream& operator<<(std::ostream& out, const Frame& frame) {
    return out << "frame " << int(frame.opcode) << (frame.fin ? "" : " (to be continued)")
               << (frame.compressed ? " compressed" : "") << " of " << frame.payload.size()
               << " bytes: " << frame.payload.substr(0, 40);
  }
};

/// As a client sends it: masked with a key that changes every byte. `reserved`: RSV1 to RSV3 as 4, 2, 1.
inline std::string client_frame(Opcode opcode, std::string payload, bool fin = true, int reserved = 0) {
  FrameHead head{
      .fin = fin, .opcode = opcode, .masked = true, .mask = {'\x81', 'k', '\xf0', '\x03'}, .length = payload.size()};
  std::string bytes;
  append_frame_head(bytes, head);
  bytes[0] = static_cast<char>(bytes[0] | reserved << 4);
  apply_mask(payload.data(), payload.size(), head.mask, 0);
  return bytes + payload;
}

/// A close frame's payload.
inline std::string close_with(int code, std::string_view reason = {}) {
  return std::string{static_cast<char>(code >> 8), static_cast<char>(code)}.append(reason);
}

/// Takes the server's frames from the front of what came; nullopt: not whole yet.
inline std::optional<Frame> take_frame(std::string& bytes) {
  if (bytes.size() < 2) return std::nullopt;
  const std::size_t size = frame_head_size(static_cast<std::uint8_t>(bytes[1]));
  FrameHead head;
  if (bytes.size() < size) return std::nullopt;
  if (!parse_frame_head(std::string_view(bytes).substr(0, size), head))
    throw std::runtime_error("a malformed frame came");
  if (head.masked) throw std::runtime_error("a server's frame is masked");
  if (bytes.size() - size < head.length) return std::nullopt;
  Frame frame{head.opcode, bytes.substr(size, head.length), head.fin, head.compressed};
  bytes.erase(0, size + head.length);
  return frame;
}

class WebSocketClient {
 public:
  static constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
  static std::string request(std::string_view target = "/", std::string_view more = {}) {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
           "Sec-WebSocket-Key: " + std::string(kKey) + "\r\nSec-WebSocket-Version: 13\r\n" + std::string(more) + "\r\n";
  }
  explicit WebSocketClient(std::uint16_t port, std::string_view more = {}, std::string_view behind = {})
      : socket_(port) {
    socket_.send(request("/", more) + std::string(behind));
    rest_ = socket_.receive_until("\r\n\r\n");
    const std::size_t end = rest_.find("\r\n\r\n");
    if (end == std::string::npos) throw std::runtime_error("no answer to the handshake: " + rest_);
    answer_ = rest_.substr(0, end + 2);
    rest_.erase(0, end + 4);
  }

  const std::string& answer() const { return answer_; }
  RawSocket& socket() { return socket_; }
  void send_bytes(std::string_view bytes) { socket_.send(bytes); }
  void send(Opcode opcode, std::string payload, bool fin = true, int reserved = 0) {
    socket_.send(client_frame(opcode, std::move(payload), fin, reserved));
  }
  /// The server's next frame; nullopt when it has closed, or was silent for ten seconds.
  std::optional<Frame> receive() {
    while (true) {
      if (auto frame = take_frame(rest_)) return frame;
      const std::string piece = socket_.receive_piece(64 * 1024);
      if (piece.empty()) return std::nullopt;
      rest_ += piece;
    }
  }
  /// All frames until the server ends the connection.
  std::vector<Frame> receive_all() {
    std::vector<Frame> all;
    while (auto frame = receive()) all.push_back(std::move(*frame));
    return all;
  }

 private:
  RawSocket socket_;
  std::string answer_, rest_;
};

}  // namespace brume::net::test
