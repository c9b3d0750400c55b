#include "net/http1/response_parser.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>

namespace brume::net {
namespace {

namespace http = boost::beast::http;
using BeastText = boost::beast::string_view;

constexpr std::size_t kHeadBytesMax = 256 * 1024;
constexpr std::size_t kReserveMax = 1024 * 1024;  ///< memory taken on the word of a Content-Length
constexpr int kInterimMax = 16;

}  // namespace

class ResponseParser::Head final : public http::basic_parser<false> {
 public:
  Head(Response& response, std::size_t bytes) : response_(response) {
    header_limit(static_cast<std::uint32_t>(bytes + 1));
    body_limit(boost::none);
    skip(true);  // the body is ours
  }

  bool http11 = false;

 private:
  using Error = boost::beast::error_code;

  void on_response_impl(int code, BeastText, int version, Error&) override {
    response_.status = code;
    http11 = version >= 11;
  }
  void on_field_impl(http::field field, BeastText name, BeastText value, Error& error) override {
    if (field == http::field::transfer_encoding &&
        (!http11 || !equal_ignoring_case({value.data(), value.size()}, "chunked")))
      error = http::error::bad_transfer_encoding;
    response_.headers.emplace_back(std::string(name), std::string(value));
  }
  void on_request_impl(http::verb, BeastText, BeastText, int, Error&) override {}
  void on_header_impl(Error&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}
  std::size_t on_body_impl(BeastText, Error&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, BeastText, Error&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, BeastText, Error&) override { return 0; }
  void on_finish_impl(Error&) override {}

  Response& response_;
};

ResponseParser::Status ResponseParser::status() const {
  switch (stage_) {
    case Stage::complete: return Status::complete;
    case Stage::malformed: return Status::malformed;
    case Stage::too_large: return Status::too_large;
    default: return Status::need_more;
  }
}

ResponseParser::Status ResponseParser::parse(ByteBuffer& buffer) {
  while (stage_ == Stage::head) {
    const std::size_t before = buffer.size();
    parse_head(buffer);
    if (buffer.size() == before) break;  // incomplete; an interim response would have been taken
  }
  take_body(buffer);
  return status();
}

ResponseParser::Status ResponseParser::finish() {
  stage_ = stage_ == Stage::body_until_close || stage_ == Stage::complete ? Stage::complete : Stage::malformed;
  return status();
}

void ResponseParser::parse_head(ByteBuffer& buffer) {
  const std::string_view bytes = buffer.bytes();
  const std::size_t end = bytes.find("\r\n\r\n", scanned_);
  if (end == std::string_view::npos) {
    scanned_ = bytes.size() < 3 ? 0 : bytes.size() - 3;
    if (bytes.size() >= kHeadBytesMax) stage_ = Stage::too_large;
    return;
  }
  scanned_ = 0;
  const std::size_t size = end + 4;
  response_.headers.clear();
  Head head(response_, size);
  boost::beast::error_code error;
  head.put(boost::asio::const_buffer(bytes.data(), size), error);
  if (error || !head.is_done()) {
    stage_ = Stage::malformed;
    return;
  }
  const int code = response_.status;
  if (code / 100 == 1) {
    if (code == 101 || ++interim_ > kInterimMax) stage_ = Stage::malformed;  // nobody asked to switch protocols
  } else {
    choose_framing(head);
  }
  buffer.consume(size);
}

/// RFC 9112, section 6.3.
void ResponseParser::choose_framing(const Head& head) {
  keep_alive_ = head.keep_alive();
  if (head_request_ || response_.status == 204 || response_.status == 304) {
    stage_ = Stage::complete;
  } else if (head.chunked()) {
    stage_ = Stage::chunked_body;
    chunks_ = ChunkedDecoder(body_left_, kHeadBytesMax);
  } else if (const auto length = head.content_length()) {
    stage_ = *length > body_left_ ? Stage::too_large : *length == 0 ? Stage::complete : Stage::sized_body;
    body_left_ = stage_ == Stage::too_large ? 0 : static_cast<std::size_t>(*length);
    announced_ = *length;
    if (!streamed_) response_.body.reserve(std::min(body_left_, kReserveMax));
  } else {
    stage_ = Stage::body_until_close;
    keep_alive_ = false;
  }
}

void ResponseParser::take_body(ByteBuffer& buffer) {
  if (stage_ == Stage::chunked_body) {
    std::size_t taken = 0;
    std::size_t made = 0;
    const auto result = chunks_.decode(buffer.bytes(), buffer.data(), taken, made);
    response_.body.append(buffer.data(), made);
    buffer.consume(taken);
    if (result == ChunkedDecoder::Status::complete) stage_ = Stage::complete;
    else if (result == ChunkedDecoder::Status::malformed) stage_ = Stage::malformed;
    else if (result == ChunkedDecoder::Status::too_large) stage_ = Stage::too_large;
    return;
  }
  if (stage_ != Stage::sized_body && stage_ != Stage::body_until_close) return;
  if (stage_ == Stage::body_until_close && buffer.size() > body_left_) {
    stage_ = Stage::too_large;
    return;
  }
  const std::size_t count = std::min(buffer.size(), body_left_);
  response_.body.append(buffer.bytes().substr(0, count));
  buffer.consume(count);
  body_left_ -= count;
  if (stage_ == Stage::sized_body && body_left_ == 0) stage_ = Stage::complete;
}

}  // namespace brume::net
