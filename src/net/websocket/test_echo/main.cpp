// A server for tests and measurements that sends every WebSocket message back; the path says how it compresses:
// /each, /context, else not at all.
//   brume-websocket-echo [certificate key]     prints "listening PORT"; SIGTERM drains it within two seconds
#include <csignal>
#include <cstdio>
#include <future>

#include "net/server/http_server.h"
#include "net/websocket/handshake.h"

namespace {

using namespace brume;

Task<> echo(net::WebSocket& socket) {
  while (true) {
    auto message = co_await socket.receive();
    if (!message) co_return;
    co_await socket.send(std::move(*message));
  }
}

Task<net::Response> answer(const net::Request& request) {
  net::WebSocketSettings settings{.frame_bytes_max = 8 * 1024 * 1024, .message_bytes_max = 8 * 1024 * 1024};
  if (request.path == "/each") settings.deflate = net::DeflatePolicy::each_message;
  if (request.path == "/context") settings.deflate = net::DeflatePolicy::context;
  const auto offered = net::offered_subprotocols(request);
  co_return net::accept_websocket(request, settings, echo, offered.empty() ? "" : offered.front());
}

Task<> drain(net::HttpServer& server, std::promise<void>& done) {
  co_await server.drain(std::chrono::seconds(2));
  co_await server.handlers_ended();
  done.set_value();
}

}  // namespace

int main(int argc, char** argv) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  Loops loops(1);
  net::HttpServer server(loops, answer, {.extended_connect = true});
  std::shared_ptr<net::TlsContext> tls;
  if (argc > 2) tls = net::TlsContext::server(argv[1], argv[2]);
  std::printf("listening %u\n", static_cast<unsigned>(server.listen("127.0.0.1", 0, tls)));
  std::fflush(stdout);
  loops.start();
  int received = 0;
  sigwait(&signals, &received);

  std::promise<void> done;
  spawn(loops.executor(0), drain(server, done));
  done.get_future().wait();
  loops.stop();
  loops.join();
}
