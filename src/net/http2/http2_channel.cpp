#include "net/http2/http2_channel.h"

#include <string>
#include <utility>

namespace brume::net {
namespace {

constexpr std::size_t kJoinedMax = 16 * 1024;  ///< a body up to here goes into one frame with its head

}  // namespace

/// Hands each piece to its reader and tells the writer when it has been taken.
class Http2Channel::Output final : public BodyStream {
 public:
  Task<std::string_view> read() override {
    if (!std::exchange(piece_, {}).empty()) taken_.set(true);
    while (piece_.empty() && !ended_ && !cancelled_) {
      more_ = Completion<bool>();
      co_await more_.wait();
    }
    if (cancelled_) throw BodyError(400, "the client has left");
    co_return piece_;
  }
  void cancel() noexcept override {
    cancelled_ = true;
    more_.set(true);
    taken_.set(true);
  }

  /// False: nobody takes it.
  Task<bool> offer(std::string_view piece) {
    if (cancelled_ || ended_) co_return false;
    if (piece.empty()) co_return true;
    piece_ = piece;
    taken_ = Completion<bool>();
    more_.set(true);
    co_await taken_.wait();
    piece_ = {};
    co_return !cancelled_;
  }
  void end() {
    ended_ = true;
    more_.set(true);
  }

 private:
  std::string_view piece_;
  Completion<bool> more_, taken_;
  bool ended_ = false, cancelled_ = false;
};

Http2Channel::Http2Channel(std::shared_ptr<Http2Session> session, std::shared_ptr<Http2Stream> stream)
    : session_(std::move(session)), stream_(std::move(stream)), output_(std::make_shared<Output>()) {}

Http2Channel::~Http2Channel() {
  stream_->set_alarm(Http2Stream::kNoAlarm);
  stream_->on_drain = {};
  stream_->memory().give_back(held_);
}

std::shared_ptr<BodyStream> Http2Channel::output() const { return output_; }

void Http2Channel::end() { output_->end(); }

Task<Channel::Arrival> Http2Channel::read() {
  std::string_view bytes;
  try {
    bytes = co_await stream_->read();
  } catch (const BodyError&) {
    co_return Arrival{Event::ended};
  }
  if (!bytes.empty()) co_return Arrival{Event::bytes, bytes};
  co_return Arrival{stream_->take_woken() ? Event::timeout : Event::ended};
}

Task<bool> Http2Channel::write(std::string_view head, std::string_view body) {
  if (!stream_->attached()) co_return false;
  const std::size_t bytes = head.size() + body.size();
  session_->reply_bytes_ += bytes;
  std::string joined(head);
  if (body.size() <= kJoinedMax) joined.append(std::exchange(body, {}));
  bool sent = co_await output_->offer(joined);
  if (sent) sent = co_await output_->offer(body);
  session_->reply_bytes_ -= bytes;
  co_return sent;
}

void Http2Channel::wake_after(std::chrono::milliseconds time) {
  stream_->set_alarm(std::chrono::steady_clock::now() + time);
}

bool Http2Channel::hold(std::size_t bytes) {
  if (bytes > held_ && !stream_->memory().take(bytes - held_)) return false;
  if (bytes < held_) stream_->memory().give_back(held_ - bytes);
  held_ = bytes;
  return true;
}

void Http2Channel::abort() noexcept {
  output_->cancel();
  if (stream_->attached()) session_->reset(*stream_, NGHTTP2_CANCEL);
}

void Http2Channel::on_drain(std::function<void()> action) {
  if (session_->draining_) return action();
  stream_->on_drain = std::move(action);
}

LoopExecutor Http2Channel::loop() const { return session_->loop_->executor(); }

}  // namespace brume::net
