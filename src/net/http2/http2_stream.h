// One request and its answer within an HTTP/2 connection.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/task.h"
#include "net/connection/server_loop.h"
#include "net/message/body_budget.h"
#include "net/message/http_message.h"

namespace brume::net {

class Http2Session;

/// What the requests of one connection take, together: each may be short, but there may be many. Outlives the session with
/// the streams that handlers still hold. Used on one loop.
class Http2Memory {
 public:
  explicit Http2Memory(std::shared_ptr<ServerLoop> loop)
      : loop_(std::move(loop)), share_(loop_->settings().request_bytes) {}
  /// False, and nothing is taken, if there is no room.
  bool take(std::size_t bytes) {
    if (!share_.grow(bytes_ + bytes)) return false;
    bytes_ += bytes;
    return true;
  }
  void give_back(std::size_t bytes) { share_.shrink(bytes_ -= bytes); }

 private:
  const std::shared_ptr<ServerLoop> loop_;
  BodyBudget::Share share_;
  std::size_t bytes_ = 0;
};

/// Also the request's body where that is streamed. Kept by the session until the stream is closed, and by its handler
/// until that has returned. Used on one loop.
class Http2Stream final : public BodyStream {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  Http2Stream(Http2Session& session, std::int32_t id, std::shared_ptr<Http2Memory> memory)
      : session_(&session), id_(id), memory_(std::move(memory)) {}
  ~Http2Stream() override { memory_->give_back(held_); }
  Http2Stream(const Http2Stream&) = delete;
  Http2Stream& operator=(const Http2Stream&) = delete;

  std::int32_t id() const { return id_; }

  enum class Taken { yes, too_long, no_room };
  // The head, field by field.
  /// What comes after one that was not taken is dropped.
  Taken add_field(std::string_view name, std::string_view value, std::size_t bytes_max);
  /// Makes the request of the fields. False if it is not one that a handler may see.
  bool finish_head();
  Request& request() { return request_; }
  std::optional<std::uint64_t> announced() const { return announced_; }
  bool head_complete() const { return head_complete_; }

  // The body.
  /// To be read by the handler at once, or gathered.
  void plan(std::uint64_t bytes_max, bool streamed);
  bool streamed() const { return streamed_; }
  Taken take(std::string_view bytes);
  void end();
  bool ended() const { return ended_; }
  /// No more of the body is wanted, or to be had: a reader gets a BodyError of that status.
  void break_off(int status);
  /// The gathered body becomes the request's.
  void settle_body();
  Task<std::string_view> read() override;
  std::optional<std::uint64_t> size() const override { return announced_; }
  /// Whether bytes of the body are what is waited for.
  bool waits_for_body() const { return !ended_ && broken_ == 0 && (streamed_ ? reading_ : head_complete_); }
  std::int64_t received() const { return received_; }
  Http2Memory& memory() { return *memory_; }

  // Of a stream that is taken over: a read() that waits at that moment, or later, ends with nothing, once.
  using Moment = std::chrono::steady_clock::time_point;
  static constexpr Moment kNoAlarm = Moment::max();
  void set_alarm(Moment at) {
    alarm_ = at;
    woken_ = false;
  }
  /// Looks whether the moment has come.
  void ring(Moment now);
  bool take_woken() { return std::exchange(woken_, false); }

  /// The session has closed the stream, or goes.
  void detach();
  bool attached() const { return session_ != nullptr; }

  // The answer. What a handler's response streams may use the request: it goes first.
  struct Answer {
    Response response;
    std::string_view rest;  ///< of the body, or of the stream's piece: not framed yet
    std::uint64_t left = 0;  ///< of a stream that announced its size
    bool begun = false;
    bool source_ended = true;
    bool fetching = false;  ///< a piece of the stream is on its way
    std::int64_t framed = 0;
  };

 private:
  bool hold(std::size_t bytes);
  void release_piece();

  Http2Session* session_;
  const std::int32_t id_;
  Fields fields_;
  std::size_t head_bytes_ = 0;
  bool head_complete_ = false;
  Request request_;
  std::optional<std::uint64_t> announced_;

  const std::shared_ptr<Http2Memory> memory_;
  std::size_t held_ = 0;  ///< of it
  std::uint64_t body_max_ = 0;
  std::uint64_t taken_ = 0;
  bool streamed_ = false;
  bool ended_ = false;
  bool reading_ = false;
  int broken_ = 0;
  std::int64_t received_ = 0;
  std::string body_;  ///< gathered, or not yet handed out by read()
  std::string piece_;  ///< handed out by read()
  Completion<bool> more_;
  Moment alarm_ = kNoAlarm;
  bool woken_ = false;

 public:
  Answer answer;
  std::function<void()> on_drain;  ///< of a stream that is taken over
  std::optional<ServerLoop::Running> running;  ///< as long as the handler, or the stream of its response, works
  /// For the pace of either direction.
  std::chrono::steady_clock::time_point window_since{};
  std::int64_t moved_before = 0;
  bool paced = false;
};

}  // namespace brume::net
