// Answers every request with 200 bytes of JSON: what is measured is net/ alone.
//   bench_http_server [loops] [port]     prints "listening PORT"; ends on SIGINT or SIGTERM
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <string>

#include "net/server/http_server.h"

namespace {

using namespace brume;

const std::string& body() {
  static const std::string text = R"({"message":")" + std::string(200 - 14, 'x') + R"("})";
  return text;
}

Task<net::Response> answer(const net::Request&) {
  net::Response response;
  response.headers.emplace_back("Content-Type", "application/json");
  response.body = body();
  co_return response;
}

Task<> drain(net::HttpServer& server, std::promise<void>& done) {
  co_await server.drain(std::chrono::seconds(2));
  done.set_value();
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t loop_count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1;
  const auto port = static_cast<std::uint16_t>(argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 0);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  Loops loops(loop_count == 0 ? 1 : loop_count);
  net::HttpServer server(loops, answer);
  std::printf("listening %u\n", static_cast<unsigned>(server.listen("127.0.0.1", port)));
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
