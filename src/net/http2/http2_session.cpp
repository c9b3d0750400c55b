#include "net/http2/http2_session.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/log.h"
#include "net/http1/reply_writer.h"
#include "net/http2/http2_channel.h"
#include "net/http2/http2_fields.h"

namespace brume::net {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::uint32_t kConnectionWindow = 4 * 1024 * 1024;
constexpr std::size_t kAcksMax = 256;  // SETTINGS and PING of the peer that wait for their answer to be sent
constexpr std::uint64_t kResetsBurst = 200, kResetsPerSecond = 20;
constexpr std::uint64_t kSettingsMax = 32;

struct Options {
  nghttp2_option* value = nullptr;
  Options() {
    if (nghttp2_option_new(&value) != 0) throw std::bad_alloc();
    nghttp2_option_set_no_auto_window_update(value, 1);
    nghttp2_option_set_max_outbound_ack(value, kAcksMax);
    nghttp2_option_set_max_settings(value, kSettingsMax);
    nghttp2_option_set_stream_reset_rate_limit(value, kResetsBurst, kResetsPerSecond);
    // Streams that were closed are remembered, as many as may be open: a frame on one of them is the peer's fault (RFC 9113,
    // 5.1), which is otherwise not told from one that crossed our reset.
  }
  ~Options() { nghttp2_option_del(value); }
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;
};

nghttp2_nv field(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

std::string_view view(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

/// What nghttp2 calls.
struct Http2Session::Callbacks {
  static Http2Session& self(void* user) { return *static_cast<Http2Session*>(user); }

  static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    return self(user).begin_stream(frame->hd.stream_id);
  }
  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                    const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;  // trailers
    Http2Session& me = self(user);
    Http2Stream* stream = me.find(frame->hd.stream_id);
    if (!stream || stream->answer.begun) return 0;
    const std::size_t most = me.loop_->settings().limits.header_bytes_max;
    switch (stream->add_field(view(name, name_size), view(value, value_size), most)) {
      case Http2Stream::Taken::yes: break;
      case Http2Stream::Taken::too_long: me.refuse(*stream, 431); break;
      case Http2Stream::Taken::no_room: me.refuse_for_room(*stream); break;
    }
    return 0;
  }
  static int frame_received(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Http2Session& me = self(user);
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
    const bool ended = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (frame->hd.type == NGHTTP2_HEADERS) me.head_since_ = {};
    Http2Stream* stream = me.find(frame->hd.stream_id);
    if (!stream) return 0;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
      me.head_complete(*stream, ended);
    else if (ended) me.body_ended(*stream);
    return 0;
  }
  static int data_chunk(nghttp2_session* session, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                        std::size_t size, void* user) {
    Http2Session& me = self(user);
    // The connection's window never waits for a reader; its own stream's does.
    nghttp2_session_consume_connection(session, size);
    if (Http2Stream* stream = me.find(id)) me.body_came(*stream, view(data, size));
    return 0;
  }
  static int stream_close(nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
    self(user).stream_closed(id);
    return 0;
  }
  static ssize_t read_data(nghttp2_session*, std::int32_t id, std::uint8_t* to, std::size_t room, std::uint32_t* flags,
                           nghttp2_data_source*, void* user) {
    Http2Session& me = self(user);
    Http2Stream* stream = me.find(id);
    return stream ? me.fill(*stream, to, room, *flags) : ssize_t{NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE};
  }

  static const nghttp2_session_callbacks* table() {
    static const nghttp2_session_callbacks* const made = [] {
      nghttp2_session_callbacks* table = nullptr;
      if (nghttp2_session_callbacks_new(&table) != 0) throw std::bad_alloc();
      nghttp2_session_callbacks_set_on_begin_headers_callback(table, begin_headers);
      nghttp2_session_callbacks_set_on_header_callback(table, header);
      nghttp2_session_callbacks_set_on_frame_recv_callback(table, frame_received);
      nghttp2_session_callbacks_set_on_data_chunk_recv_callback(table, data_chunk);
      nghttp2_session_callbacks_set_on_stream_close_callback(table, stream_close);
      return table;
    }();
    return made;
  }
};

Http2Session::Http2Session(std::shared_ptr<ServerLoop> loop, const Peer& peer, bool secure,
                           std::function<void()> output_ready)
    : loop_(std::move(loop)),
      peer_(peer),
      secure_(secure),
      output_ready_(std::move(output_ready)),
      memory_(std::make_shared<Http2Memory>(loop_)) {
  static const Options options;
  if (nghttp2_session_server_new2(&session_, Callbacks::table(), this, options.value) != 0) throw std::bad_alloc();
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kStreamsMax},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(loop_->settings().limits.header_bytes_max)},
      {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, loop_->settings().limits.extended_connect ? 1u : 0u}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

Http2Session::~Http2Session() {
  close();
  nghttp2_session_del(session_);
}

Http2Stream* Http2Session::find(std::int32_t id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : found->second.get();
}

bool Http2Session::receive(std::string_view bytes) {
  receiving_ = true;
  const ssize_t read =
      nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  receiving_ = false;
  return read >= 0;
}

std::string_view Http2Session::output() {
  const std::uint8_t* bytes = nullptr;
  const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
  return size > 0 ? view(bytes, static_cast<std::size_t>(size)) : std::string_view{};
}

bool Http2Session::has_output() const { return nghttp2_session_want_write(session_) != 0; }

bool Http2Session::over() const {
  return (nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0) ||
         (draining_ && streams_.empty() && nghttp2_session_want_write(session_) == 0);
}

void Http2Session::wake() {
  if (!receiving_ && !closed_) output_ready_();
}

int Http2Session::begin_stream(std::int32_t id) {
  if (draining_ || handlers_ >= kHandlersMax) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
    return 0;
  }
  if (head_since_ == Steady::time_point{}) head_since_ = Steady::now();
  last_begun_ = id;
  auto stream = std::make_shared<Http2Stream>(*this, id, memory_);
  Request& request = stream->request();
  request.peer_address = peer_.address;
  request.peer_port = peer_.port;
  request.secure = secure_;
  request.tls = peer_.tls.get();
  streams_.emplace(id, std::move(stream));
  return 0;
}

void Http2Session::head_complete(Http2Stream& stream, bool ended) {
  if (stream.answer.begun) return;  // refused while it came
  if (!stream.finish_head()) return refuse(stream, 400);
  const ServerLimits& limits = loop_->settings().limits;
  BodyPlan plan{limits.body_bytes_max};
  const bool is_short = ended || (stream.announced() && *stream.announced() <= kUncountedBytes);
  if (!stream.request().connect_protocol.empty()) plan = {~std::uint64_t{0}, true};
  else if (!is_short && limits.plan_body) plan = limits.plan_body(stream.request());
  if (!plan.streamed) plan.bytes_max = std::min<std::uint64_t>(plan.bytes_max, limits.body_bytes_max);
  if (stream.announced().value_or(0) > plan.bytes_max) return refuse(stream, 413);
  stream.plan(plan.bytes_max, plan.streamed);
  if (!ended && equal_ignoring_case(stream.request().header_or_empty("expect"), "100-continue")) {
    const nghttp2_nv status = field(":status", "100");
    nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream.id(), nullptr, &status, 1, nullptr);
  }
  if (ended) stream.end();
  if (ended || plan.streamed) start(stream);
}

void Http2Session::body_came(Http2Stream& stream, std::string_view bytes) {
  if (stream.answer.begun && !stream.streamed()) {  // refused: what still comes is dropped
    nghttp2_session_consume_stream(session_, stream.id(), bytes.size());
    return;
  }
  switch (stream.take(bytes)) {
    case Http2Stream::Taken::yes:
      if (!stream.streamed()) nghttp2_session_consume_stream(session_, stream.id(), bytes.size());
      break;
    case Http2Stream::Taken::too_long:
      if (stream.streamed()) stream.break_off(413);
      else refuse(stream, 413);
      break;
    case Http2Stream::Taken::no_room: refuse_for_room(stream); break;
  }
}

void Http2Session::refuse_for_room(Http2Stream& stream) {
  ++loop_->settings().refused;
  if (stream.streamed()) stream.break_off(503);
  else refuse(stream, 503);
}

void Http2Session::body_ended(Http2Stream& stream) {
  stream.end();
  if (!stream.streamed() && !stream.answer.begun) start(stream);
}

/// A streamed body's reader has taken bytes: the peer may send as many more.
void Http2Session::taken(Http2Stream& stream, std::size_t bytes) {
  if (closed_) return;
  nghttp2_session_consume_stream(session_, stream.id(), bytes);
  wake();
}

void Http2Session::stream_closed(std::int32_t id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  const StreamPointer stream = found->second;
  streams_.erase(found);
  reply_bytes_ -= std::min(reply_bytes_, stream->answer.response.body.size());
  stream->detach();
  if (!stream->answer.begun || stream->answer.fetching) return;  // handle() or fetch() sees to it
  stream->answer.response = {};
  stream->running.reset();
}

void Http2Session::start(Http2Stream& stream) {
  stream.settle_body();
  if (peer_.tls && !peer_.tls->allows(stream.request().header_or_empty("host"))) return refuse(stream, 421);
  ++handlers_;
  spawn_logged(loop_->executor(), "http2.handler_failed", handle(shared_from_this(), streams_.at(stream.id())));
}

Task<> Http2Session::handle(std::shared_ptr<Http2Session> self, StreamPointer stream) {
  stream->running.emplace(*self->loop_);
  const Request& request = stream->request();
  Response response = co_await ask_handler(self->loop_->settings(), request);
  if (response.takeover && stream->attached()) {
    co_await take_over(self, stream, std::move(response));
    --self->handlers_;
    co_return;
  }
  --self->handlers_;
  if (stream->attached()) {
    self->respond(*stream, std::move(response));
  } else if (response.stream) {
    response.stream->cancel();
  }
  response = {};
  if (!stream->answer.response.stream) stream->running.reset();
}

Task<> Http2Session::take_over(std::shared_ptr<Http2Session> self, StreamPointer stream, Response response) {
  const ServerLoop::Running running(*self->loop_);  // to its end, whatever becomes of the stream
  stream->running.reset();
  const std::shared_ptr<const Takeover> takeover = response.takeover;
  Http2Channel channel(self, stream);
  response.stream = channel.output();
  self->respond(*stream, std::move(response));
  try {
    co_await takeover->run(channel);
    channel.end();
  } catch (const std::exception& error) {
    log_error("http.takeover_failed", {{"error", error.what()}});
    channel.abort();
  }
}

void Http2Session::refuse(Http2Stream& stream, int status) {
  respond(stream, loop_->settings().error_response(status, stream.head_complete() ? &stream.request() : nullptr));
}

void Http2Session::respond(Http2Stream& stream, Response response) {
  Http2Stream::Answer& answer = stream.answer;
  if (answer.begun) return;
  answer.begun = true;
  answer.response = std::move(response);
  const Response& sent = answer.response;
  const bool head_request = stream.request().method == "HEAD";
  ReplyFields fields(sent, head_request, loop_->date());
  std::vector<nghttp2_nv> list{field(":status", fields.status())};
  for (const auto& [name, value] : fields.list()) list.push_back(field(name, value));

  nghttp2_data_provider provider{};
  provider.read_callback = Callbacks::read_data;
  const bool has_bytes = has_body(sent.status) && !head_request && (sent.stream || !sent.body.empty());
  if (has_bytes) {
    answer.rest = sent.stream ? std::string_view{} : std::string_view(sent.body);
    answer.source_ended = !sent.stream;
    answer.left = sent.stream ? sent.stream->size().value_or(~std::uint64_t(0)) : 0;
    reply_bytes_ += sent.body.size();
  }
  if (nghttp2_submit_response(session_, stream.id(), list.data(), list.size(), has_bytes ? &provider : nullptr) != 0)
    reset(stream, NGHTTP2_INTERNAL_ERROR);
  wake();
}

ssize_t Http2Session::fill(Http2Stream& stream, std::uint8_t* to, std::size_t room, std::uint32_t& flags) {
  Http2Stream::Answer& answer = stream.answer;
  if (answer.rest.empty() && !answer.source_ended) {
    if (!std::exchange(answer.fetching, true))
      spawn_logged(loop_->executor(), "http2.stream_failed", fetch(shared_from_this(), streams_.at(stream.id())));
    return NGHTTP2_ERR_DEFERRED;
  }
  const std::size_t size = std::min(room, answer.rest.size());
  if (size > 0) std::memcpy(to, answer.rest.data(), size);
  answer.rest.remove_prefix(size);
  answer.framed += static_cast<std::int64_t>(size);
  if (answer.rest.empty() && answer.source_ended) {
    flags |= NGHTTP2_DATA_FLAG_EOF;
    // The rest of a request that nobody reads is not wanted (RFC 9113, section 8.1).
    if (!stream.ended()) nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id(), NGHTTP2_NO_ERROR);
  }
  return static_cast<ssize_t>(size);
}

/// The next piece of a streamed answer.
Task<> Http2Session::fetch(std::shared_ptr<Http2Session> self, StreamPointer stream) {
  co_await asio::post(use_task);  // out of nghttp2, which asked for it
  Http2Stream::Answer& answer = stream->answer;
  std::string_view piece;
  std::string failure;
  try {
    if (stream->attached()) piece = co_await answer.response.stream->read();
    if (piece.size() > answer.left) failure = "more bytes than announced";
    if (piece.empty() && answer.response.stream->size() && answer.left > 0) failure = "fewer bytes than announced";
  } catch (const std::exception& e) {
    failure = e.what();
  }
  answer.fetching = false;
  if (!stream->attached() || self->closed_) {
    answer.response = {};
    stream->running.reset();
    co_return;
  }
  if (!failure.empty()) {
    const Request& request = stream->request();
    log_warn("http.body_cut_off", {{"method", request.method}, {"path", request.path}, {"error", failure}});
    self->reset(*stream, NGHTTP2_INTERNAL_ERROR);
    co_return;
  }
  answer.left -= piece.size();
  answer.rest = piece;
  answer.source_ended = piece.empty();
  if (answer.source_ended) stream->running.reset();
  nghttp2_session_resume_data(self->session_, stream->id());
  self->wake();
}

void Http2Session::reset(Http2Stream& stream, std::uint32_t code) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id(), code);
  wake();
}

bool Http2Session::keeps_pace(Http2Stream& stream, std::int64_t moved, std::chrono::milliseconds window) {
  const auto now = Steady::now();
  if (!std::exchange(stream.paced, true)) {
    stream.window_since = now;
    stream.moved_before = moved;
    return true;
  }
  if (now - stream.window_since < window) return true;
  const auto wanted = static_cast<std::int64_t>(loop_->settings().limits.bytes_per_second_min) * window.count() / 1000;
  const bool kept = moved - stream.moved_before >= wanted;
  stream.window_since = now;
  stream.moved_before = moved;
  return kept;
}

bool Http2Session::attend() {
  ServerSettings& settings = loop_->settings();
  if (head_since_ != Steady::time_point{} && Steady::now() - head_since_ > settings.limits.header_time_max)
    return false;
  std::vector<StreamPointer> streams;
  for (const auto& [id, stream] : streams_) streams.push_back(stream);
  for (const StreamPointer& stream : streams) {
    if (!stream->attached()) continue;
    stream->ring(Steady::now());
    const Http2Stream::Answer& answer = stream->answer;
    if (stream->waits_for_body() && !answer.begun) {
      if (keeps_pace(*stream, stream->received(), settings.limits.body_window)) continue;
      ++settings.slow_senders;
      if (stream->streamed()) stream->break_off(408);
      else refuse(*stream, 408);
    } else if (answer.begun && !answer.rest.empty()) {
      if (keeps_pace(*stream, answer.framed, settings.limits.reply_window)) continue;
      ++settings.slow_readers;
      reset(*stream, NGHTTP2_CANCEL);
    } else {
      stream->paced = false;
    }
  }
  return true;
}

void Http2Session::drain() {
  if (std::exchange(draining_, true)) return;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, last_begun_, NGHTTP2_NO_ERROR, nullptr, 0);
  std::vector<std::function<void()>> told;
  for (const auto& [id, stream] : streams_)
    if (stream->on_drain) told.push_back(std::exchange(stream->on_drain, {}));
  for (const auto& action : told) action();
  wake();
}

void Http2Session::close() {
  if (std::exchange(closed_, true)) return;
  while (!streams_.empty()) stream_closed(streams_.begin()->first);
}

}  // namespace brume::net
