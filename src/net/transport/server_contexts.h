// The OpenSSL contexts of a server, one for each certificate and each rule for clients, chosen by the name a client asks for.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "net/transport/ticket_keys.h"
#include "net/transport/tls_session.h"

namespace brume::net {

struct TlsServerOptions;

/// Immutable once made. Thread-safe.
class ServerContexts {
 public:
  using Context = boost::asio::ssl::context;

  /// Reads all files. Errors: std::runtime_error naming the file that can't be read.
  static std::shared_ptr<ServerContexts> load(const TlsServerOptions& options, std::shared_ptr<TicketKeys> tickets);
  ServerContexts(const ServerContexts&) = delete;
  ServerContexts& operator=(const ServerContexts&) = delete;

  /// What connections begin with; keeps all of this alive.
  static std::shared_ptr<Context> first(const std::shared_ptr<ServerContexts>& self) {
    return {self, &self->certificates_.front()->context};
  }
  std::chrono::system_clock::time_point expires() const { return expires_; }

  /// Of a connection that began with first().
  static std::shared_ptr<const TlsHostRules> rules_of(SSL* connection);

 private:
  struct Certificate {
    Context context{Context::tls_server};
    std::vector<std::string> names;  ///< in lower case
  };
  /// A certificate for hosts of one rule: a session of one is never resumed for another.
  struct Guarded {
    std::size_t certificate, rule;
    std::unique_ptr<Context> context;
  };

  explicit ServerContexts(std::shared_ptr<TicketKeys> tickets) : tickets_(std::move(tickets)) {}
  static int choose(SSL* connection, int* alert, void* self);
  static int ticket(SSL* connection, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                    int encrypt);
  void set_up(Context& context, const std::string& session_scope);
  std::size_t certificate_for(std::string_view host) const;
  SSL_CTX* context_for(std::string_view host);

  const std::shared_ptr<TicketKeys> tickets_;
  std::vector<std::unique_ptr<Certificate>> certificates_;
  std::vector<Guarded> guarded_;
  std::shared_ptr<const TlsHostRules> rules_;
  std::chrono::system_clock::time_point expires_ = std::chrono::system_clock::time_point::max();
};

}  // namespace brume::net
