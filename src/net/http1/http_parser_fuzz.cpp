// Requests and responses cut in two at any place must neither break memory nor read differently from the whole.
#include <cstdlib>
#include <string>

#include "net/http1/request_parser.h"
#include "net/http1/response_parser.h"

namespace {

using namespace brume::net;

struct Outcome {
  int status;
  std::string text;
  bool operator==(const Outcome&) const = default;
};

Outcome read_request(std::string_view bytes, std::size_t cut) {
  RequestParser parser({.header_bytes_max = 512, .body_bytes_max = 1024});
  ByteBuffer buffer;
  auto status = RequestParser::Status::need_more;
  for (std::string_view piece : {bytes.substr(0, cut), bytes.substr(cut)}) {
    if (status != RequestParser::Status::need_more) break;
    buffer.append(piece);
    status = parser.parse(buffer);
  }
  Outcome outcome{static_cast<int>(status), {}};
  if (status != RequestParser::Status::complete) return outcome;
  if (parser.consumed() > buffer.size()) std::abort();
  const Request& r = parser.request();
  for (std::string_view part : {r.method, r.target, r.path, r.query, r.body}) outcome.text.append(part).append("\n");
  for (const auto& h : r.headers) outcome.text.append(h.name).append(":").append(h.value).append("\n");
  return outcome;
}

Outcome read_response(std::string_view bytes, std::size_t cut) {
  ResponseParser parser(false, 1024);
  ByteBuffer buffer;
  auto status = ResponseParser::Status::need_more;
  for (std::string_view piece : {bytes.substr(0, cut), bytes.substr(cut)}) {
    if (status != ResponseParser::Status::need_more) break;
    buffer.append(piece);
    status = parser.parse(buffer);
  }
  if (status == ResponseParser::Status::need_more) status = parser.finish();
  Outcome outcome{static_cast<int>(status), {}};
  if (status == ResponseParser::Status::complete)
    outcome.text = std::to_string(parser.response().status) + parser.response().body;
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t cut = (data[0] | data[1] << 8) % (bytes.size() + 1);
  if (!(read_request(bytes, cut) == read_request(bytes, bytes.size()))) std::abort();
  if (!(read_response(bytes, cut) == read_response(bytes, bytes.size()))) std::abort();
  return 0;
}
