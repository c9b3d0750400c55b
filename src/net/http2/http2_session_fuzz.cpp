// Whatever comes after the preface of HTTP/2, in pieces of any size, must neither break memory nor leave a handler behind.
#include <cstdlib>
#include <string>

#include "net/http2/http2_connection.h"
#include "net/http2/http2_session.h"

namespace {

using namespace brume;
using namespace brume::net;

Task<Response> answer(const Request& request) {
  std::size_t bytes = request.body.size() + request.headers.size();
  while (request.stream) {
    const std::string_view piece = co_await request.stream->read();
    if (piece.empty()) break;
    bytes += piece.size();
  }
  Response response;
  response.headers.emplace_back("X-Path", std::string(request.path));
  response.body = std::string(bytes % 3000, 'x');
  co_return response;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = 1 + data[0];
  auto settings = std::make_shared<ServerSettings>();
  settings->handler = answer;
  settings->limits.header_bytes_max = 2000;
  settings->limits.body_bytes_max = 5000;
  settings->request_bytes.set_max(100'000);
  settings->limits.plan_body = [streamed = data[1] % 2 == 1](const Request&) { return BodyPlan{4000, streamed}; };
  asio::io_context context;
  auto loop = std::make_shared<ServerLoop>(context.get_executor(), settings);
  const Peer peer{"127.0.0.1", 1, nullptr};
  {
    auto session = std::make_shared<Http2Session>(loop, peer, false, [] {});
    std::string bytes(kHttp2Preface);
    bytes.append(reinterpret_cast<const char*>(data) + 2, size - 2);
    for (std::string_view rest = bytes; !rest.empty(); rest.remove_prefix(std::min(piece, rest.size()))) {
      if (!session->receive(rest.substr(0, piece))) break;
      context.restart();
      context.poll();
      while (!session->output().empty()) {}
    }
    session->close();
  }
  context.restart();
  context.poll();
  if (loop->running() != 0) std::abort();
  return 0;
}
