// The client's side of a connection, and the idle ones of each loop.
#pragma once

#include <boost/asio/execution_context.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "net/client/http_client.h"
#include "net/message/byte_buffer.h"
#include "net/message/url.h"
#include "net/transport/sockets.h"

namespace brume::net {

/// Ends what a call waits for when its time is over. Used on one loop.
class CallDeadline {
  struct State {
    bool expired = false;
    std::function<void()> action;
    void expire();
  };

 public:
  /// What is done on expiry, as long as this lives; at once when it has passed already. One at a time.
  class Action {
   public:
    Action(CallDeadline& deadline, std::function<void()> action);
    ~Action() { state_.action = nullptr; }
    Action(const Action&) = delete;
    Action& operator=(const Action&) = delete;

   private:
    State& state_;
  };

  CallDeadline(LoopExecutor loop, std::chrono::milliseconds timeout);
  CallDeadline(const CallDeadline&) = delete;
  CallDeadline& operator=(const CallDeadline&) = delete;

  bool expired() const { return state_->expired; }
  /// The whole time again from now on, unless it is over.
  void restart();
  /// What ends the call before its time, called on its loop; it may outlive the deadline.
  std::function<void()> expire() const;
  /// Throws ClientError: timeout if expired, else `reason`.
  [[noreturn]] void fail(ClientError::Reason reason, const std::string& what) const;

 private:
  void arm();

  std::shared_ptr<State> state_ = std::make_shared<State>();
  const std::chrono::milliseconds timeout_;
  Timer timer_;
};

/// A connected stream, plain or TLS.
class ClientConnection {
 public:
  using Error = boost::system::error_code;

  /// Resolves, connects to an address that `egress` allows and shakes hands. `tls` is null for http. Errors: ClientError.
  static Task<std::unique_ptr<ClientConnection>> open(const Url& url, std::shared_ptr<TlsContext> tls, Egress egress,
                                                      CallDeadline& deadline);

  Task<> write(std::string_view head, std::string_view body, Error& error);
  /// Reads into buffer() at least one byte, or sets `error`.
  Task<> read(Error& error);
  ByteBuffer& buffer() { return in_; }
  void close();
  /// Whether the peer has neither closed nor sent anything since what was read last.
  bool quiet();

  /// Whether it is known that the peer has said something while nobody read. Of TLS it never is: what came may be news
  /// of the session alone.
  bool has_spoken() { return !tls_ && !quiet(); }

  std::chrono::steady_clock::time_point idle_since{};

 private:
  explicit ClientConnection(PlainSocket socket) : plain_(std::move(socket)) {}
  PlainSocket& socket() { return tls_ ? tls_->next_layer() : *plain_; }
  Task<> shake_hands(std::string host, std::shared_ptr<TlsContext> tls, CallDeadline& deadline);

  std::shared_ptr<TlsContext> context_;
  std::optional<PlainSocket> plain_;
  std::unique_ptr<TlsSocket> tls_;
  ByteBuffer in_;
};

/// The idle connections of one loop, of all its clients. It is a service of the loop's context: sockets are
/// closed on their loop and never outlive it. Used on that loop only.
class ClientPools : public asio::execution_context::service {
 public:
  using key_type = ClientPools;
  static asio::execution_context::id id;

  explicit ClientPools(asio::execution_context& context) : asio::execution_context::service(context) {}
  static ClientPools& of(LoopExecutor loop) { return asio::use_service<ClientPools>(loop.context()); }

  /// A usable connection that went idle last, or null.
  std::unique_ptr<ClientConnection> take(const void* client, const std::string& origin);
  /// Keeps `connection` until it has been idle for too long, the peer closes it or the client (`alive`) is gone.
  void put(LoopExecutor loop, std::shared_ptr<const void> client, const std::string& origin,
           std::unique_ptr<ClientConnection> connection, const ClientOptions& options);

 private:
  struct Pool {
    std::weak_ptr<const void> alive;
    std::chrono::seconds idle_time_max;
    std::vector<std::unique_ptr<ClientConnection>> idle;  ///< the longest idle first
  };
  using Key = std::pair<const void*, std::string>;

  void shutdown() noexcept override { pools_.clear(); }
  static Task<> watch(ClientPools& self);
  void sweep(std::chrono::steady_clock::time_point now);

  std::map<Key, Pool> pools_;
  bool watching_ = false;
};

}  // namespace brume::net
