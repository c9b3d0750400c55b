// The Runtime API as a runtime sees it, spoken by hand over a socket.
#include "lambda/runtime_api/runtime_api.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <future>
#include <thread>

#include "base/loops.h"
#include "lambda/testing/out_of_descriptors.h"

namespace brume::lambda {
namespace {

class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  }
  ~Client() { ::close(fd_); }

  void send(std::string_view text) {
    while (!text.empty()) {
      const auto sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// One response with Content-Length, head and body; "" when the connection ends first.
  std::string receive() {
    while (true) {
      const auto end = input_.find("\r\n\r\n");
      if (end != std::string::npos) {
        const auto length = input_.find("Content-Length: ");
        const std::size_t size = end + 4 + (length < end ? std::strtoul(input_.c_str() + length + 16, nullptr, 10) : 0);
        if (input_.size() >= size) {
          std::string response = input_.substr(0, size);
          input_.erase(0, size);
          return response;
        }
      }
      char block[4096];
      const auto got = ::recv(fd_, block, sizeof block, 0);
      if (got <= 0) return {};
      input_.append(block, static_cast<std::size_t>(got));
    }
  }
  std::string next() {
    send("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n");
    return receive();
  }
  std::string post(const std::string& path, const std::string& body, const std::string& headers = "") {
    send("POST /2018-06-01/runtime/" + path + " HTTP/1.1\r\nHost: x\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return receive();
  }

 private:
  int fd_;
  std::string input_;
};

constexpr std::chrono::milliseconds kHeadTime{500};

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t size = 0, resident = 0;
  file >> size >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

int status_of(const std::string& response) { return response.size() > 12 ? std::atoi(response.c_str() + 9) : 0; }

/// Delivers one invocation each time the runtime is ready, "id-1", "id-2", …, and remembers what comes back.
class RuntimeApiTest : public ::testing::Test, public RuntimeEvents {
 protected:
  void SetUp() override {
    loops_.start();
    on_loop([this] { api_ = std::make_unique<RuntimeApi>(loops_.executor(0), *this, listener(), kHeadTime); });
  }
  UniqueFd listener() {
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in any_port{};
    any_port.sin_family = AF_INET;
    any_port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof any_port;
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&any_port), size), 0);
    EXPECT_EQ(::listen(fd.get(), 128), 0);
    EXPECT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&any_port), &size), 0);
    port_ = ntohs(any_port.sin_port);
    return fd;
  }
  void TearDown() override {
    on_loop([this] { api_.reset(); });
    loops_.stop();
    loops_.join();
  }
  void on_loop(std::function<void()> work) {
    std::promise<void> done;
    asio::post(loops_.executor(0), [&] {
      work();
      done.set_value();
    });
    done.get_future().get();
  }

  void runtime_ready() override { ready_(invocation()); }
  Invocation invocation() {
    Invocation invocation;
    invocation.request_id = "id-" + std::to_string(++count_);
    invocation.payload = "{\"n\":1}";
    invocation.invoked_arn = "arn:f";
    invocation.trace_id = "Root=1";
    invocation.client_context = "{\"a\":\r\n1}";
    invocation.deadline = WallTime(std::chrono::milliseconds(1234));
    return invocation;
  }
  void runtime_responded(std::string payload) override { heard_ = "response " + payload; }
  void runtime_response_too_large(std::size_t bytes) override { heard_ = "too large " + std::to_string(bytes); }
  void runtime_failed(std::string type, std::string payload) override { heard_ = "error " + type + " " + payload; }
  void runtime_init_failed(std::string type, std::string payload) override { heard_ = "init " + type + " " + payload; }

  Loops loops_{1};
  std::unique_ptr<RuntimeApi> api_;
  std::function<void(const Invocation&)> ready_ = [this](const Invocation& invocation) { api_->deliver(invocation); };
  std::uint16_t port_ = 0;
  int count_ = 0;
  std::string heard_;
};

TEST_F(RuntimeApiTest, NextCarriesTheInvocation) {
  Client client(port_);
  const std::string response = client.next();
  EXPECT_EQ(status_of(response), 200);
  for (const char* line : {"Lambda-Runtime-Aws-Request-Id: id-1\r\n", "Lambda-Runtime-Deadline-Ms: 1234\r\n",
                           "Lambda-Runtime-Invoked-Function-Arn: arn:f\r\n", "Lambda-Runtime-Trace-Id: Root=1\r\n",
                           "Lambda-Runtime-Client-Context: {\"a\":1}\r\n", "Content-Type: application/json\r\n"})
    EXPECT_NE(response.find(line), std::string::npos) << line;
  EXPECT_EQ(response.find("Cognito"), std::string::npos);
  EXPECT_TRUE(response.ends_with("\r\n\r\n{\"n\":1}"));
}

TEST_F(RuntimeApiTest, ResponseAndErrorAreAccepted) {
  Client client(port_);
  client.next();
  const std::string accepted = client.post("invocation/id-1/response", "42");
  EXPECT_EQ(status_of(accepted), 202);
  EXPECT_TRUE(accepted.ends_with("{\"status\":\"OK\"}\n"));
  EXPECT_EQ(heard_, "response 42");
  client.next();
  EXPECT_EQ(status_of(client.post("invocation/id-2/error", "{}", "Lambda-Runtime-Function-Error-Type: My.Type\r\n")),
            202);
  EXPECT_EQ(heard_, "error My.Type {}");
}

TEST_F(RuntimeApiTest, ChunkedBodyAndContinue) {
  Client client(port_);
  client.next();
  client.send(
      "POST /2018-06-01/runtime/invocation/id-1/response HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(status_of(client.receive()), 100);
  client.send("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(status_of(client.receive()), 202);
  EXPECT_EQ(heard_, "response abcde");
}

TEST_F(RuntimeApiTest, WrongRequestIdIs400) {
  Client client(port_);
  client.next();
  const std::string response = client.post("invocation/other/response", "1");
  EXPECT_EQ(status_of(response), 400);
  EXPECT_TRUE(response.ends_with("{\"errorMessage\":\"Invalid request ID\",\"errorType\":\"InvalidRequestID\"}"))
      << response;
  EXPECT_EQ(heard_, "");
}

TEST_F(RuntimeApiTest, WrongStateIs403) {
  Client client(port_);
  client.next();
  const std::string again = client.next();
  EXPECT_EQ(status_of(again), 403);
  EXPECT_NE(again.find("\"errorType\":\"InvalidStateTransition\""), std::string::npos);
  EXPECT_EQ(status_of(client.post("invocation/id-1/response", "1")), 202);
  EXPECT_EQ(status_of(client.post("invocation/id-1/response", "2")), 403);
  EXPECT_EQ(heard_, "response 1");
  EXPECT_EQ(status_of(client.post("init/error", "{}")), 403);
}

TEST_F(RuntimeApiTest, TooLargeIs413AndTheConnectionStays) {
  Client client(port_);
  client.next();
  const std::string response = client.post("invocation/id-1/response", std::string(6'291'557, 'x'));
  EXPECT_EQ(status_of(response), 413);
  EXPECT_NE(response.find("Exceeded maximum allowed payload size (6291556 bytes)."), std::string::npos);
  EXPECT_EQ(heard_, "too large 6291557");
  EXPECT_EQ(status_of(client.next()), 200);
}

TEST_F(RuntimeApiTest, InitErrorComesBeforeTheFirstNext) {
  Client client(port_);
  EXPECT_EQ(
      status_of(client.post("init/error", "{\"errorMessage\":\"m\"}", "Lambda-Runtime-Function-Error-Type: T\r\n")),
      202);
  EXPECT_EQ(heard_, "init T {\"errorMessage\":\"m\"}");
  EXPECT_EQ(status_of(client.next()), 403);
}

TEST_F(RuntimeApiTest, UnknownPathsAndMethods) {
  Client client(port_);
  EXPECT_EQ(status_of(client.post("invocation/next", "")), 405);
  EXPECT_EQ(status_of(client.post("something", "")), 404);
  EXPECT_EQ(status_of(client.post("invocation/id-1", "")), 404);
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(status_of(client.receive()), 404);
}

TEST_F(RuntimeApiTest, NonsenseEndsTheConnection) {
  Client client(port_);
  client.send("\x16\x03\x01nonsense\r\n\r\n");
  EXPECT_EQ(client.receive(), "");
  Client other(port_);
  EXPECT_EQ(status_of(other.next()), 200);
}

TEST_F(RuntimeApiTest, WhatIsTooLongIsCountedAndNotKept) {
  const std::size_t before = resident_bytes();
  Client client(port_);
  client.next();
  client.send(
      "POST /2018-06-01/runtime/invocation/id-1/response HTTP/1.1\r\nHost: x\r\nContent-Length: 314572800\r\n\r\n");
  const std::string piece(1 << 20, 'x');
  for (int i = 0; i < 300; ++i) client.send(piece);
  EXPECT_EQ(status_of(client.receive()), 413);
  EXPECT_EQ(heard_, "too large 314572800");
  EXPECT_LT(resident_bytes(), before + (16u << 20));
  EXPECT_EQ(status_of(client.next()), 200);
}

TEST_F(RuntimeApiTest, AllConnectionsTogetherKeepSevenMebibytes) {
  const std::size_t before = resident_bytes();
  std::vector<std::unique_ptr<Client>> clients;
  const std::string piece(6 << 20, 'x');
  int hung_up = 0;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<Client>(port_));
    clients.back()->send(
        "POST /2018-06-01/runtime/invocation/x/response HTTP/1.1\r\nHost: x\r\nContent-Length: 6291457\r\n\r\n");
    clients.back()->send(piece);
  }
  EXPECT_LT(resident_bytes(), before + (20u << 20));  // of that six are `piece`; unbounded it would be thirty
  for (auto& client : clients) {
    client->send("x");
    const std::string response = client->receive();
    if (response.empty()) ++hung_up;
    else EXPECT_EQ(status_of(response), 400);
  }
  EXPECT_EQ(hung_up, 3);
  clients.clear();
  // What they had is free again.
  Client client(port_);
  client.next();
  EXPECT_EQ(status_of(client.post("invocation/id-1/response", std::string(6'291'556, 'x'))), 202);
}

TEST_F(RuntimeApiTest, EightConnectionsAndNoMore) {
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<Client>(port_));
    EXPECT_EQ(status_of(clients.back()->post("something", "")), 404);
  }
  for (int i = 0; i < 20; ++i) {
    Client more(port_);
    EXPECT_EQ(more.post("something", ""), "");
  }
  EXPECT_EQ(status_of(clients[3]->post("something", "")), 404);
  clients.pop_back();
  for (int tries = 0; tries < 100; ++tries) {
    Client again(port_);
    if (status_of(again.post("something", "")) == 404) return;
  }
  FAIL() << "no connection is taken in place of one that ended";
}

TEST_F(RuntimeApiTest, HeadsHaveTheirTimeAndLongPollsAnyTime) {
  ready_ = [](const Invocation&) {};  // nothing to do for now
  Client poller(port_);
  poller.send("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n");
  Client idle(port_);  // says nothing at all, as a runtime that works
  Client slow(port_);
  slow.send("POST /2018-06-01/runtime/some");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(slow.receive(), "");
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(took, kHeadTime - std::chrono::milliseconds(50));
  std::this_thread::sleep_for(kHeadTime);
  EXPECT_EQ(status_of(idle.post("something", "")), 404);
  // A body has longer.
  idle.send("POST /2018-06-01/runtime/something HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na");
  std::this_thread::sleep_for(kHeadTime * 2);
  idle.send("b");
  EXPECT_EQ(status_of(idle.receive()), 404);
  on_loop([&] { api_->deliver(invocation()); });
  EXPECT_EQ(status_of(poller.receive()), 200);
}

#ifndef BRUME_CANNOT_RUN_OUT_OF_DESCRIPTORS

/// Descriptors of this process until there are no more.
std::vector<UniqueFd> take_all_descriptors() {
  std::vector<UniqueFd> taken;
  while (true) {
    UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!fd) return taken;
    taken.push_back(std::move(fd));
  }
}

TEST_F(RuntimeApiTest, WaitsForDescriptorsWithoutSpinning) {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit few{std::min<rlim_t>(before.rlim_max, 256), before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &few);
  Client client(port_);
  Client waiting(port_);
  client.next();  // the loop runs; from here on it has no descriptor for the next one
  {
    auto taken = take_all_descriptors();
    taken.pop_back();
    Client third(port_);
    const auto cpu = std::clock();
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    EXPECT_LT(std::clock() - cpu, CLOCKS_PER_SEC / 5);
    taken.clear();
    EXPECT_EQ(status_of(third.post("something", "")), 404);
  }
  ::setrlimit(RLIMIT_NOFILE, &before);
}

#endif

}  // namespace
}  // namespace brume::lambda
