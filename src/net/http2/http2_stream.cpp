#include "net/http2/http2_stream.h"

#include <charconv>

#include "net/http2/http2_session.h"

namespace brume::net {
namespace {

constexpr std::size_t kFieldOverhead = 32;  // RFC 9113, section 6.5.2
constexpr std::size_t kPieceMax = 64 * 1024;

}  // namespace

bool Http2Stream::hold(std::size_t bytes) {
  if (!memory_->take(bytes)) return false;
  held_ += bytes;
  return true;
}

Http2Stream::Taken Http2Stream::add_field(std::string_view name, std::string_view value, std::size_t bytes_max) {
  const std::size_t bytes = name.size() + value.size() + kFieldOverhead;
  head_bytes_ += bytes;
  if (head_bytes_ > bytes_max) return Taken::too_long;
  if (!hold(bytes)) return Taken::no_room;
  // RFC 9113, section 8.2.3: crumbs of one cookie are one field for everybody else.
  if (name == "cookie") {
    for (auto& [known, text] : fields_) {
      if (known != name) continue;
      text.append("; ").append(value);
      return Taken::yes;
    }
  }
  fields_.emplace_back(name, value);
  return Taken::yes;
}

// nghttp2 has seen to it that the pseudo-header fields are there, once, and in front (RFC 9113, section 8.3).
bool Http2Stream::finish_head() {
  head_complete_ = true;
  std::string_view authority;
  const std::string_view* host = nullptr;
  request_.version_major = 2;
  request_.version_minor = 0;
  for (const auto& [name, value] : fields_) {
    if (name == ":method") request_.method = value;
    else if (name == ":path") request_.target = value;
    else if (name == ":authority") authority = value;
    else if (name == ":protocol") request_.connect_protocol = value;
    else if (name.front() != ':') request_.headers.push_back({name, value});
  }
  for (auto& header : request_.headers) {
    if (header.name == "host") host = &header.value;
    if (header.name != "content-length") continue;
    std::uint64_t length = 0;
    const auto [end, error] = std::from_chars(header.value.data(), header.value.data() + header.value.size(), length);
    if (error != std::errc() || end != header.value.data() + header.value.size()) return false;
    announced_ = length;
  }
  if (!authority.empty() && !host) request_.headers.push_back({"host", authority});
  else if (!authority.empty() && *host != authority) return false;
  const std::string_view named = !authority.empty() ? authority : host ? *host : std::string_view{};
  if (named.empty() || named.find_first_of(" \t/\\?#@,") != named.npos) return false;
  std::string_view& target = request_.target;
  if (target.empty() || (target.front() != '/' && target != "*")) return false;
  const std::size_t question = target.find('?');
  request_.path = target.substr(0, question);
  request_.query = question == target.npos ? std::string_view{} : target.substr(question + 1);
  return true;
}

void Http2Stream::plan(std::uint64_t bytes_max, bool streamed) {
  body_max_ = bytes_max;
  streamed_ = streamed;
  if (streamed) request_.stream = this;
}

Http2Stream::Taken Http2Stream::take(std::string_view bytes) {
  received_ += static_cast<std::int64_t>(bytes.size());
  taken_ += bytes.size();
  if (taken_ > body_max_) return Taken::too_long;
  if (!hold(bytes.size())) return Taken::no_room;
  body_.append(bytes);
  more_.set(true);
  return Taken::yes;
}

void Http2Stream::end() {
  ended_ = true;
  more_.set(true);
}

void Http2Stream::break_off(int status) {
  if (broken_ == 0) broken_ = status;
  more_.set(true);
}

void Http2Stream::settle_body() { request_.body = body_; }

void Http2Stream::ring(Moment now) {
  if (now < alarm_) return;
  alarm_ = kNoAlarm;
  woken_ = true;
  more_.set(true);
}

Task<std::string_view> Http2Stream::read() {
  reading_ = true;
  paced = false;
  while (body_.empty() && !ended_ && broken_ == 0 && !woken_) {
    release_piece();
    body_ = {};  // what waits for a peer that says nothing holds no memory
    more_ = Completion<bool>();
    co_await more_.wait();
  }
  reading_ = false;
  if (broken_ != 0) throw BodyError(broken_, broken_ == 413 ? "the body is too long" : "the body was cut off");
  release_piece();
  piece_.assign(body_, 0, kPieceMax);
  body_.erase(0, piece_.size());
  if (session_ && !piece_.empty()) session_->taken(*this, piece_.size());
  co_return piece_;
}

/// The one handed out before.
void Http2Stream::release_piece() {
  memory_->give_back(piece_.size());
  held_ -= piece_.size();
  piece_ = {};
}

void Http2Stream::detach() {
  session_ = nullptr;
  if (!ended_) break_off(400);
  if (answer.response.stream) answer.response.stream->cancel();
}

}  // namespace brume::net
