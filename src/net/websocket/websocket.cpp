#include "net/websocket/websocket.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace brume::net {
namespace {

// Shorter ones gain nothing; longer ones would keep the loop busy for too long.
constexpr std::size_t kDeflatedMin = 64, kDeflatedMax = 256 * 1024;

MessageReader::Settings reader_settings(const WebSocketSettings& settings, const std::optional<DeflateTerms>& deflate) {
  return {.from_client = true,
          .frame_bytes_max = settings.frame_bytes_max,
          .message_bytes_max = settings.message_bytes_max,
          .deflate = deflate.has_value(),
          .deflate_remembers = deflate && deflate->client_remembers};
}

std::string close_payload(std::uint16_t code, std::string_view reason) {
  if (code == close_code::no_status) return {};
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code)};
  payload.append(reason.substr(0, kControlBytesMax - 2));
  return payload;
}

}  // namespace

WebSocket::WebSocket(Channel& channel, WebSocketSettings settings, const std::optional<DeflateTerms>& deflate)
    : channel_(&channel),
      settings_(settings),
      reader_(reader_settings(settings, deflate)),
      active_since_(Clock::now()) {
  if (deflate) deflater_.emplace(deflate->server_remembers, deflate->server_window_bits);
}

Task<> WebSocket::serve(Channel& channel, WebSocketSettings settings, std::optional<DeflateTerms> deflate,
                        Handler handler) {
  const std::shared_ptr<WebSocket> self(new WebSocket(channel, settings, deflate));
  channel.on_drain([weak = std::weak_ptr(self)] {
    const auto open = weak.lock();
    if (!open || !open->channel_) return;
    spawn_logged(open->channel_->loop(), "websocket.close_failed", go_away(open));
  });
  bool failed = false;
  try {
    co_await handler(*self);
  } catch (const std::exception& error) {
    failed = true;
    log_error("websocket.handler_failed", {{"error", error.what()}});
  } catch (...) {
    failed = true;
    log_error("websocket.handler_failed", {{"error", "not a std::exception"}});
  }
  co_await self->close(failed ? close_code::internal_error : close_code::normal, failed ? "internal error" : "");
  co_await self->finish();
}

Task<> WebSocket::go_away(std::shared_ptr<WebSocket> self) {
  co_await self->close(close_code::going_away, "the server goes away");
}

/// Until the client has answered our close, or has had its time; nobody uses the channel after it.
Task<> WebSocket::finish() {
  while (!ended_) co_await receive();
  co_await turn();  // behind whoever is still writing
  const Place place(*this);
  channel_ = nullptr;
}

/// Waits for the writer's place, in the order of the calls.
Task<> WebSocket::turn() {
  if (writing_) {
    const Completion<bool> free;
    waiting_.push_back(free);
    co_await free.wait();  // whoever writes leaves the place to us
  }
  writing_ = true;
}

void WebSocket::leave_place() {
  if (waiting_.empty()) {
    writing_ = false;
    return;
  }
  const Completion<bool> next = waiting_.front();
  waiting_.pop_front();
  next.set(true);
}

/// False: it could not be sent, or the run has ended meanwhile. The place is the caller's.
Task<bool> WebSocket::write(FrameHead head, std::string payload) {
  if (!channel_) co_return false;
  head.length = payload.size();
  std::string bytes;
  append_frame_head(bytes, head);
  const bool sent = co_await channel_->write(bytes, payload);
  if (sent) active_since_ = Clock::now();
  else lose();
  co_return sent;
}

Task<WebSocket::Sent> WebSocket::send(Message message) {
  const auto self = shared_from_this();
  if (closing_ || !channel_) co_return Sent::closed;
  const std::size_t size = message.bytes.size();
  if (writing_ && size > settings_.waiting_bytes_max - std::min(waiting_bytes_, settings_.waiting_bytes_max))
    co_return Sent::no_room;
  waiting_bytes_ += size;
  co_await turn();
  const Place place(*this);
  waiting_bytes_ -= size;
  if (closing_) co_return Sent::closed;
  const bool deflated = deflater_ && size >= kDeflatedMin && size <= kDeflatedMax;
  if (deflated) message.bytes = deflater_->deflate(message.bytes);
  const FrameHead head{.compressed = deflated, .opcode = message.text ? Opcode::text : Opcode::binary};
  const bool sent = co_await write(head, std::move(message.bytes));
  co_return sent ? Sent::yes : Sent::closed;
}

/// False: it was not sent. Behind our close frame there is nothing more.
Task<bool> WebSocket::write_control(Opcode opcode, std::string payload) {
  co_await turn();
  const Place place(*this);
  if (closing_ && opcode != Opcode::close) co_return false;
  const FrameHead head{.opcode = opcode};
  const bool sent = co_await write(head, std::move(payload));
  co_return sent;
}

Task<WebSocket::Sent> WebSocket::ping(std::string payload) {
  const auto self = shared_from_this();
  payload.resize(std::min(payload.size(), kControlBytesMax));
  if (closing_ || !channel_) co_return Sent::closed;
  const bool sent = co_await write_control(Opcode::ping, std::move(payload));
  co_return sent ? Sent::yes : Sent::closed;
}

Task<> WebSocket::close(std::uint16_t code, std::string reason) {
  const auto self = shared_from_this();
  if (closing_ || !channel_) co_return;
  closing_ = true;
  closing_since_ = Clock::now();
  note(code, reason);
  set_alarm();  // also of the one who is reading
  co_await write_control(Opcode::close, close_payload(code, reason));
}

/// The connection broke.
void WebSocket::lose() {
  ended_ = true;
  closing_ = true;
  note(close_code::lost, "the connection broke");
  if (channel_) channel_->abort();
}

/// The first one counts.
void WebSocket::note(std::uint16_t code, std::string_view reason) {
  if (code_ != 0) return;
  code_ = code;
  reason_ = reason;
}

void WebSocket::set_alarm() {
  if (!channel_) return;
  auto at = active_since_ + settings_.idle_max;
  if (message_since_ != Clock::time_point{}) at = std::min(at, message_since_ + settings_.message_time_max);
  if (closing_) at = closing_since_ + settings_.close_wait;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(at - Clock::now());
  channel_->wake_after(std::max(left, std::chrono::milliseconds(0)));
}

/// A moment has come that set_alarm() named, unless something has happened meanwhile.
Task<> WebSocket::overdue() {
  const auto now = Clock::now();
  if (closing_) {
    if (now - closing_since_ >= settings_.close_wait) lose();
  } else if (message_since_ != Clock::time_point{} && now - message_since_ >= settings_.message_time_max) {
    co_await close(close_code::policy, "a message came too slowly");
  } else if (now - active_since_ >= settings_.idle_max) {
    co_await close(close_code::going_away, "nothing was said for too long");
  }
}

/// The client has closed: with its own code, as the RFC advises.
Task<> WebSocket::answer_close() {
  const std::uint16_t code = reader_.code();
  ended_ = true;
  note(code, reader_.control());
  if (closing_) co_return;
  closing_ = true;
  co_await write_control(Opcode::close, close_payload(code, {}));
}

Task<std::optional<WebSocket::Message>> WebSocket::receive() {
  const auto self = shared_from_this();
  while (!ended_) {
    std::string_view in = std::string_view(rest_).substr(rest_at_);
    MessageReader::Event event = reader_.next(in);
    rest_at_ = rest_.size() - in.size();
    while (event == MessageReader::Event::need_more && !ended_) {
      rest_ = {};
      rest_at_ = 0;
      in = co_await more();
      event = reader_.next(in);
      rest_ = std::string(in);  // what lies in the loop's buffer is gone once we suspend
    }
    if (ended_) break;
    active_since_ = Clock::now();
    if (reader_.idle()) message_since_ = {};
    switch (event) {
      case MessageReader::Event::message: {
        channel_->hold(0);
        Message message = reader_.take_message();
        if (closing_) break;
        co_return message;
      }
      case MessageReader::Event::ping: co_await write_control(Opcode::pong, reader_.control()); break;
      case MessageReader::Event::close: co_await answer_close(); break;
      case MessageReader::Event::failed:
        co_await close(reader_.code(), std::string(reader_.failure()));
        ended_ = true;  // nothing that comes can be understood
        break;
      case MessageReader::Event::pong:
      case MessageReader::Event::need_more: break;
    }
  }
  co_return std::nullopt;
}

/// Waits for bytes, or for the moment that set_alarm() names; none: look again.
Task<std::string_view> WebSocket::more() {
  if (!channel_->hold(reader_.held())) {
    co_await close(close_code::try_again_later, "no memory for a message");
    ended_ = true;
    co_return std::string_view();
  }
  if (!reader_.idle() && message_since_ == Clock::time_point{}) message_since_ = Clock::now();
  set_alarm();
  const Channel::Arrival arrival = co_await channel_->read();
  if (arrival.event == Channel::Event::bytes) co_return arrival.bytes;
  if (arrival.event == Channel::Event::timeout) co_await overdue();
  else lose();
  co_return std::string_view();
}

}  // namespace brume::net
