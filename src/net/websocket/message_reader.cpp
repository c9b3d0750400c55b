#include "net/websocket/message_reader.h"

#include <algorithm>
#include <utility>

namespace brume::net {

bool is_close_code(std::uint16_t code) {
  // 1012 to 1014 were registered later; 1004, 1005, 1006 and 1015 are never sent (RFC 6455, section 7.4.1).
  const bool known = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
  return known || (code >= 3000 && code <= 4999);
}

MessageReader::Event MessageReader::fail(std::uint16_t code, std::string_view why) {
  over_ = true;
  code_ = code;
  failure_ = why;
  return Event::failed;
}

MessageReader::Event MessageReader::next(std::string_view& in) {
  while (!over_) {
    if (!frame_) {
      while (!in.empty() &&
             (head_size_ < 2 || head_size_ < frame_head_size(static_cast<std::uint8_t>(head_bytes_[1])))) {
        head_bytes_[head_size_++] = in.front();
        in.remove_prefix(1);
      }
      if (head_size_ < 2 || head_size_ < frame_head_size(static_cast<std::uint8_t>(head_bytes_[1])))
        return Event::need_more;
      if (const auto event = begin_frame()) return *event;
    }
    if (const auto event = take_payload(in)) return *event;
  }
  in = {};
  return Event::need_more;
}

/// The head is there.
std::optional<MessageReader::Event> MessageReader::begin_frame() {
  FrameHead head;
  if (!parse_frame_head({head_bytes_.data(), head_size_}, head))
    return fail(close_code::protocol_error, "a frame's head is malformed");
  head_size_ = 0;
  if (head.masked != settings_.from_client)
    return fail(close_code::protocol_error, head.masked ? "a frame is masked" : "a frame is not masked");
  const bool first = head.opcode == Opcode::text || head.opcode == Opcode::binary;
  if (head.compressed && (!first || !settings_.deflate))
    return fail(close_code::protocol_error, "a frame uses an extension that was not agreed on");
  if (is_control(head.opcode)) {
    control_.clear();
  } else {
    if (first == in_message_)
      return fail(close_code::protocol_error, first ? "a message begins within another" : "a frame continues nothing");
    if (head.length > settings_.frame_bytes_max) return fail(close_code::too_big, "a frame is too long");
    if (first) {
      in_message_ = true;
      text_ = head.opcode == Opcode::text;
      compressed_ = head.compressed;
      utf8_ = {};
      if (compressed_ && !inflater_) inflater_.emplace(settings_.deflate_remembers);
    }
    if (!compressed_ && head.length > settings_.message_bytes_max - message_.size())
      return fail(close_code::too_big, "a message is too long");
  }
  frame_ = head;
  taken_ = 0;
  return std::nullopt;
}

std::optional<MessageReader::Event> MessageReader::take_payload(std::string_view& in) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(in.size(), frame_->length - taken_));
  const std::string_view piece = in.substr(0, size);
  in.remove_prefix(size);
  if (is_control(frame_->opcode)) {
    const std::size_t before = control_.size();
    control_.append(piece);
    if (frame_->masked) apply_mask(control_.data() + before, size, frame_->mask, taken_);
  } else if (!take_data(piece)) {
    return Event::failed;
  }
  taken_ += size;
  if (taken_ < frame_->length) return Event::need_more;
  const bool whole = frame_->fin;
  const bool control = is_control(frame_->opcode);
  if (!control && !whole) {
    frame_.reset();
    return std::nullopt;
  }
  return end_frame();
}

/// False: it failed.
bool MessageReader::take_data(std::string_view piece) {
  const std::size_t before = message_.size();
  if (compressed_) {
    char plain[4096];
    for (std::size_t at = 0; at < piece.size();) {
      const std::size_t size = std::min(piece.size() - at, sizeof plain);
      piece.copy(plain, size, at);
      if (frame_->masked) apply_mask(plain, size, frame_->mask, taken_ + at);
      switch (inflater_->add({plain, size}, message_, settings_.message_bytes_max)) {
        case MessageInflater::Result::good: break;
        case MessageInflater::Result::too_long: fail(close_code::too_big, "a message is too long"); return false;
        case MessageInflater::Result::malformed:
          fail(close_code::bad_payload, "a message is not compressed as it says");
          return false;
      }
      at += size;
    }
  } else {
    message_.append(piece);
    if (frame_->masked) apply_mask(message_.data() + before, piece.size(), frame_->mask, taken_);
  }
  if (text_ && !utf8_.add(std::string_view(message_).substr(before))) {
    fail(close_code::bad_payload, "a text is not UTF-8");
    return false;
  }
  return true;
}

MessageReader::Event MessageReader::end_frame() {
  if (is_control(frame_->opcode)) return end_control();
  frame_.reset();
  if (compressed_) {
    const std::size_t before = message_.size();
    const auto result = inflater_->end(message_, settings_.message_bytes_max);
    if (result == MessageInflater::Result::too_long) return fail(close_code::too_big, "a message is too long");
    if (result == MessageInflater::Result::malformed)
      return fail(close_code::bad_payload, "a message is not compressed as it says");
    if (text_ && !utf8_.add(std::string_view(message_).substr(before)))
      return fail(close_code::bad_payload, "a text is not UTF-8");
  }
  if (text_ && !utf8_.complete()) return fail(close_code::bad_payload, "a text is not UTF-8");
  in_message_ = false;
  return Event::message;
}

MessageReader::Event MessageReader::end_control() {
  const Opcode opcode = frame_->opcode;
  frame_.reset();
  if (opcode == Opcode::ping) return Event::ping;
  if (opcode == Opcode::pong) return Event::pong;
  code_ = close_code::no_status;
  if (control_.empty()) {
    over_ = true;
    return Event::close;
  }
  if (control_.size() == 1) return fail(close_code::protocol_error, "half a close code");
  code_ = static_cast<std::uint16_t>(static_cast<unsigned char>(control_[0]) << 8 |
                                     static_cast<unsigned char>(control_[1]));
  control_.erase(0, 2);
  if (!is_close_code(code_)) return fail(close_code::protocol_error, "no close code that may be sent");
  Utf8Stream reason;
  if (!reason.add(control_) || !reason.complete()) return fail(close_code::bad_payload, "a close reason is not UTF-8");
  over_ = true;
  return Event::close;
}

WebSocketMessage MessageReader::take_message() { return {text_, std::exchange(message_, {})}; }

}  // namespace brume::net
