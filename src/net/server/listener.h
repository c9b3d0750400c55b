// Accepting connections and spreading them over the loops.
#pragma once

#include <atomic>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "net/connection/server_loop.h"
#include "net/transport/tls.h"

namespace brume::net {

/// One listening socket, on the first loop. Everything but the factories runs there.
class Listener {
 public:
  /// Errors: std::system_error.
  static std::shared_ptr<Listener> tcp(LoopExecutor executor, const std::string& address, std::uint16_t port,
                                       std::shared_ptr<TlsContext> tls);
  static std::shared_ptr<Listener> unix_domain(LoopExecutor executor, const std::string& path);
  /// Of a socket that listens already.
  static std::shared_ptr<Listener> adopted(LoopExecutor executor, UniqueFd listening, std::shared_ptr<TlsContext> tls);

  std::uint16_t port() const { return port_; }

  /// Accepts until close(); hands each socket to the next of `loops` in turn.
  static Task<> accept_all(std::shared_ptr<Listener> self, std::vector<std::shared_ptr<ServerLoop>> loops);
  void close();

 private:
  explicit Listener(LoopExecutor executor) : descriptor_(executor) {}
  void listen_on(const sockaddr* address, std::size_t size, const std::string& name);
  bool full() const;
  bool accept_one(std::vector<std::shared_ptr<ServerLoop>>& loops, int& error);

  asio::posix::basic_stream_descriptor<LoopExecutor> descriptor_;
  std::shared_ptr<TlsContext> tls_;
  std::string path_;  ///< of a Unix-domain socket
  std::uint16_t port_ = 0;
  std::shared_ptr<std::atomic<std::size_t>> guests_;  ///< connections of an adopted one
  std::size_t next_loop_ = 0;
  bool closed_ = false;
};

}  // namespace brume::net
