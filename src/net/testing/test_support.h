// For the tests of net/: loops, a server on a free port, a blocking raw socket, a self-signed certificate.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <memory>
#include <string>

#include "base/loops.h"
#include "net/client/http_client.h"
#include "net/server/http_server.h"

namespace brume::net::test {

template <class T>
Task<> fulfil(Task<T> task, std::shared_ptr<std::promise<T>> promise) {
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(task);
      promise->set_value();
    } else {
      promise->set_value(co_await std::move(task));
    }
  } catch (...) {
    promise->set_exception(std::current_exception());
  }
}

/// Runs `task` on a loop that runs in another thread; returns what it returned or throws what it threw.
template <class T>
T run_on(LoopExecutor loop, Task<T> task) {
  auto promise = std::make_shared<std::promise<T>>();
  auto result = promise->get_future();
  spawn(loop, fulfil(std::move(task), std::move(promise)));
  return result.get();
}

/// A blocking connection to 127.0.0.1 that sends and receives exactly what the test says.
class RawSocket {
 public:
  explicit RawSocket(std::uint16_t port);
  explicit RawSocket(const std::string& unix_path);
  explicit RawSocket(int fd) : fd_(fd) { set_timeout(); }  ///< takes over an accepted one
  ~RawSocket();
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  void send(std::string_view bytes);
  /// Whether all could be sent.
  bool try_send(std::string_view bytes);
  /// Receives until `end` has come, the peer closes, or ten seconds passed; returns all.
  std::string receive_until(std::string_view end);
  std::string receive_all() { return receive_until({}); }
  /// At most `size` bytes, once there are some; 0 when the peer closed, or was silent for ten seconds.
  std::size_t receive_some(std::size_t size) { return receive_piece(size).size(); }
  std::string receive_piece(std::size_t size);
  void end_sending();
  void shrink_receive_buffer();

 private:
  void set_timeout();
  int fd_;
};

/// A listening socket whose other side the test plays.
class RawListener {
 public:
  RawListener();
  ~RawListener();
  RawListener(const RawListener&) = delete;
  RawListener& operator=(const RawListener&) = delete;
  std::uint16_t port() const { return port_; }
  std::unique_ptr<RawSocket> accept();
  std::string url(const std::string& target = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + target;
  }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

/// A server on loops of its own; drained when it goes.
struct ServerFixture {
  explicit ServerFixture(Handler handler, ServerLimits limits = {}, ErrorResponder errors = {},
                         std::size_t loop_count = 2, std::shared_ptr<TlsContext> tls = nullptr);
  ~ServerFixture();
  void drain(std::chrono::milliseconds grace) { run_on(loops.executor(0), server.drain(grace)); }
  std::string url(const std::string& target = "/") const { return "http://127.0.0.1:" + std::to_string(port) + target; }

  Loops loops;
  HttpServer server;
  std::uint16_t port;
};

/// "METHOD TARGET|body", so that tests see what arrived.
Task<Response> echo(const Request& request);

/// A directory that goes with its owner.
class TempDir {
 public:
  TempDir();
  ~TempDir() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// Writes a self-signed certificate for "localhost" and 127.0.0.1 and its key.
void write_certificate(const std::string& certificate_file, const std::string& key_file);

}  // namespace brume::net::test
