#include "net/http1/request_parser.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <cstring>
#include <functional>

#include "net/message/body_budget.h"
#include "net/message/characters.h"

namespace brume::net {
namespace {

namespace http = boost::beast::http;
using BeastText = boost::beast::string_view;

std::string_view view(BeastText text) { return {text.data(), text.size()}; }

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

/// Receives a complete head from Beast and keeps what the framing depends on.
class RequestParser::Head final : public http::basic_parser<true> {
 public:
  Head(Request& request, std::size_t bytes) : request_(request) {
    header_limit(static_cast<std::uint32_t>(bytes + 1));
    body_limit(boost::none);
    skip(true);  // the body is ours
  }

  int host_count = 0;
  std::size_t host_index = 0;
  int transfer_encodings = 0;
  bool http11 = false;
  bool expects_continue = false;
  bool unknown_expectation = false;

 private:
  using Error = boost::beast::error_code;

  void on_request_impl(http::verb, BeastText method, BeastText target, int version, Error&) override {
    request_.method = view(method);
    request_.target = view(target);
    http11 = version >= 11;
    request_.version_minor = http11 ? 1 : 0;
  }
  void on_field_impl(http::field field, BeastText name, BeastText value, Error& error) override {
    switch (field) {
      case http::field::host:
        host_index = request_.headers.size();
        ++host_count;
        break;
      case http::field::content_length:
        if (!all_digits(view(value))) error = http::error::bad_content_length;
        break;
      case http::field::transfer_encoding:
        ++transfer_encodings;
        if (!http11 || transfer_encodings > 1 || !equal_ignoring_case(view(value), "chunked"))
          error = http::error::bad_transfer_encoding;
        break;
      case http::field::expect:
        if (equal_ignoring_case(view(value), "100-continue")) expects_continue = http11;
        else unknown_expectation = true;
        break;
      default: break;
    }
    request_.headers.push_back({view(name), view(value)});
  }
  void on_response_impl(int, BeastText, int, Error&) override {}
  void on_header_impl(Error&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}
  std::size_t on_body_impl(BeastText, Error&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, BeastText, Error&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, BeastText, Error&) override { return 0; }
  void on_finish_impl(Error&) override {}

  Request& request_;
};

RequestParser::Status RequestParser::fail(int status) {
  stage_ = Stage::failed;
  error_status_ = status;
  return Status::failed;
}

void RequestParser::reset() {
  request_.headers.clear();
  request_.method = request_.target = request_.path = request_.query = request_.body = authority_ = {};
  base_ = nullptr;
  stage_ = Stage::head;
  keep_alive_ = expects_continue_ = head_sound_ = streamed_ = false;
  request_.stream = nullptr;
  announced_.reset();
  error_status_ = 0;
  bytes_max_ = kUnknown;
  scanned_ = head_size_ = body_size_ = consumed_ = missing_ = piece_size_ = 0;
}

RequestParser::Status RequestParser::parse(ByteBuffer& buffer) {
  if (stage_ == Stage::head) {
    if (const Status status = parse_head(buffer); status != Status::complete) return status;
  }
  if (stage_ == Stage::failed) return Status::failed;
  if (streamed_) {
    rebase(buffer.data());
    return Status::complete;
  }
  if (stage_ == Stage::chunked_body) {
    if (const Status status = parse_chunks(buffer); status != Status::complete) return status;
  } else if (stage_ == Stage::sized_body) {
    if (buffer.size() - head_size_ < body_size_) {
      missing_ = body_size_ - (buffer.size() - head_size_);
      return Status::need_more;
    }
    consumed_ = head_size_ + body_size_;
  }
  stage_ = Stage::complete;
  missing_ = 0;
  rebase(buffer.data());
  request_.body = {buffer.data() + head_size_, body_size_};
  return Status::complete;
}

/// Walks from line to line. True when head_size_ is known; otherwise error_status_ tells whether to go on.
bool RequestParser::find_head_end(std::string_view bytes) {
  while (const void* found = std::memchr(bytes.data() + scanned_, '\n', bytes.size() - scanned_)) {
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
    if (at == 0 || bytes[at - 1] != '\r') return fail(400), false;  // bare LF
    scanned_ = at;
    if (at + 1 == bytes.size()) return false;
    const char next = bytes[at + 1];
    if (next == ' ' || next == '\t') return fail(400), false;  // folded line
    if (next == '\r') {
      if (at + 2 == bytes.size()) return false;
      if (bytes[at + 2] != '\n') return fail(400), false;
      head_size_ = at + 3;
      return true;
    }
    ++scanned_;
  }
  scanned_ = bytes.size();
  return false;
}

RequestParser::Status RequestParser::parse_head(ByteBuffer& buffer) {
  // RFC 9112, section 2.2: empty lines before the request line are ignored.
  while (scanned_ == 0 && buffer.bytes().starts_with("\r\n")) buffer.consume(2);
  const std::string_view bytes = buffer.bytes();
  if (bytes.empty() || bytes == "\r") return Status::need_more;
  // Another protocol (TLS, for one) is refused at its first byte, not when a line fails to end.
  if (!is_token(bytes.front())) return fail(400);
  if (!find_head_end(bytes)) {
    if (error_status_ != 0) return Status::failed;
    return bytes.size() >= limits_.header_bytes_max ? fail(431) : Status::need_more;
  }
  if (head_size_ > limits_.header_bytes_max) return fail(431);

  Head head(request_, head_size_);
  boost::beast::error_code error;
  head.put(boost::asio::const_buffer(bytes.data(), head_size_), error);
  if (error || !head.is_done()) return fail(400);
  base_ = bytes.data();
  if (!accept_target() || !accept_host(head.host_count, head.host_index)) return fail(400);
  head_sound_ = true;
  if (head.unknown_expectation) return fail(417);
  keep_alive_ = head.keep_alive();
  expects_continue_ = head.expects_continue;
  if (head.chunked()) {
    const BodyPlan body = plan();
    streamed_ = body.streamed;
    stage_ = Stage::chunked_body;
    chunks_ = ChunkedDecoder(body.bytes_max, limits_.header_bytes_max);
    if (!streamed_)  // a piece comes with its framing
      bytes_max_ = head_size_ + static_cast<std::size_t>(body.bytes_max) + kUncountedBytes;
    return Status::complete;
  }
  const std::uint64_t length = head.content_length().value_or(0);
  const BodyPlan body = length > kUncountedBytes ? plan() : BodyPlan{limits_.body_bytes_max};
  if (length > body.bytes_max) return fail(413);
  stage_ = Stage::sized_body;
  announced_ = length;
  streamed_ = body.streamed;
  if (streamed_) {
    streamed_left_ = length;
  } else {
    body_size_ = static_cast<std::size_t>(length);
    bytes_max_ = head_size_ + body_size_;
  }
  return Status::complete;
}

BodyPlan RequestParser::plan() const {
  BodyPlan plan{limits_.body_bytes_max};
  if (limits_.plan_body && *limits_.plan_body) plan = (*limits_.plan_body)(request_);
  if (!plan.streamed) plan.bytes_max = std::min<std::uint64_t>(plan.bytes_max, limits_.body_bytes_max);
  return plan;
}

RequestParser::Status RequestParser::next_piece(ByteBuffer& buffer, std::string_view& piece) {
  buffer.erase(head_size_, piece_size_);
  piece_size_ = 0;
  piece = {};
  if (stage_ == Stage::failed) return Status::failed;
  if (stage_ == Stage::sized_body) {
    piece_size_ = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size() - head_size_, streamed_left_));
    streamed_left_ -= piece_size_;
    if (streamed_left_ == 0) stage_ = Stage::complete;
  } else if (stage_ == Stage::chunked_body) {
    std::size_t taken = 0;
    char* const at = buffer.data() + head_size_;
    const auto status = chunks_.decode(buffer.bytes().substr(head_size_), at, taken, piece_size_);
    if (status == ChunkedDecoder::Status::malformed) return fail(400);
    if (status == ChunkedDecoder::Status::too_large) return fail(413);
    if (status == ChunkedDecoder::Status::complete) stage_ = Stage::complete;
    buffer.erase(head_size_ + piece_size_, taken - piece_size_);
  }
  consumed_ = head_size_ + piece_size_;
  piece = {buffer.data() + head_size_, piece_size_};
  return piece.empty() && stage_ != Stage::complete ? Status::need_more : Status::complete;
}

const Request* RequestParser::head(ByteBuffer& buffer) {
  if (!head_sound_) return nullptr;
  rebase(buffer.data());
  return &request_;
}

RequestParser::Status RequestParser::parse_chunks(ByteBuffer& buffer) {
  const std::size_t at = head_size_ + body_size_;
  std::size_t taken = 0;
  std::size_t made = 0;
  const auto status = chunks_.decode(buffer.bytes().substr(at), buffer.data() + at, taken, made);
  body_size_ += made;
  switch (status) {
    case ChunkedDecoder::Status::complete: consumed_ = at + taken; return Status::complete;
    case ChunkedDecoder::Status::malformed: return fail(400);
    case ChunkedDecoder::Status::too_large: return fail(413);
    case ChunkedDecoder::Status::need_more: break;
  }
  buffer.erase(at + made, taken - made);  // the next piece joins the decoded bytes
  return Status::need_more;
}

/// Splits the target; an absolute one (as sent to proxies) is reduced to its path.
bool RequestParser::accept_target() {
  std::string_view& target = request_.target;
  if (target.front() != '/' && target != "*") {
    std::string_view rest = target;
    const std::size_t colon = rest.find("://");
    if (colon == std::string_view::npos) return false;
    if (!equal_ignoring_case(rest.substr(0, colon), "http") && !equal_ignoring_case(rest.substr(0, colon), "https"))
      return false;
    rest.remove_prefix(colon + 3);
    authority_ = rest.substr(0, std::min(rest.find_first_of("/?"), rest.size()));
    if (authority_.empty()) return false;
    target = rest.substr(authority_.size());
  }
  const std::size_t question = target.find('?');
  request_.path = target.substr(0, question);
  request_.query = question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
  if (request_.path.empty()) request_.path = "/";
  if (target.empty()) target = "/";
  return true;
}

bool RequestParser::accept_host(int host_count, std::size_t host_index) {
  if (host_count > 1) return false;
  if (host_count == 0) {
    if (request_.version_minor >= 1) return false;
    if (!authority_.empty()) request_.headers.push_back({"Host", authority_});
  } else if (!authority_.empty()) {
    // RFC 9112, section 3.2.2: the target's authority replaces the field.
    request_.headers[host_index].value = authority_;
  }
  if (host_count == 0 && authority_.empty()) return true;
  const auto& value = request_.headers[host_count == 0 ? request_.headers.size() - 1 : host_index].value;
  return value.find_first_of(" \t/\\?#@,") == std::string_view::npos;
}

/// Moves the views after the buffer has moved. Views of constants stay.
void RequestParser::rebase(const char* base) {
  if (base == base_) return;
  const std::less<const char*> before;
  auto move = [&](std::string_view& text) {
    if (before(text.data(), base_) || !before(text.data(), base_ + head_size_)) return;
    text = {base + (text.data() - base_), text.size()};
  };
  for (auto* text : {&request_.method, &request_.target, &request_.path, &request_.query, &authority_}) move(*text);
  for (auto& header : request_.headers) {
    move(header.name);
    move(header.value);
  }
  base_ = base;
}

}  // namespace brume::net
