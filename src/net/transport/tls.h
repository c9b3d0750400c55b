// TLS on OpenSSL: certificates and what is asked of clients for the server, trust for the client.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "net/transport/ticket_keys.h"
#include "net/transport/tls_session.h"

namespace brume::net {

struct TlsCertificate {
  std::string chain_file;  ///< PEM, the server's own first; for the names in it
  std::string key_file;
};

/// Of whom who comes for this name must show a certificate.
struct TlsClientRule {
  std::string host;  ///< a name, or "*." and a name for all one label below it
  std::string authorities_file;  ///< PEM: who may have signed it
};

struct TlsServerOptions {
  std::vector<TlsCertificate> certificates;  ///< the first is for clients that name no host, or an unknown one
  std::vector<TlsClientRule> client_rules = {};
  std::chrono::seconds ticket_key_life = TicketKeys::kLife;
};

/// An OpenSSL context with Brume's settings (TLS 1.2 and newer), which a server may replace by one with new certificates.
/// Thread-safe.
class TlsContext {
 public:
  /// Server side. Clients resume their sessions by tickets. Errors: std::runtime_error naming the file that can't be read.
  static std::shared_ptr<TlsContext> server(TlsServerOptions options);
  static std::shared_ptr<TlsContext> server(const std::string& certificate_chain_file,
                                            const std::string& private_key_file);
  /// Client side: the system's trust store, host names verified, or no verification at all.
  static std::shared_ptr<TlsContext> client(bool verify = true);

  /// Server side: reads the files again. Handshakes from now on use them, connections that stand go on, sessions are
  /// resumed. Blocks. Errors: as server(); all stays as it was then.
  void reload();
  /// All that reload() reads.
  std::vector<std::string> files() const;
  /// When the first of the server's certificates ends.
  std::chrono::system_clock::time_point expires() const;

  /// For a connection to keep as long as it lives.
  std::shared_ptr<boost::asio::ssl::context> context() const;

 private:
  using Context = boost::asio::ssl::context;
  TlsContext() = default;

  TlsServerOptions options_;
  std::shared_ptr<TicketKeys> tickets_;
  mutable std::mutex mutex_;
  std::shared_ptr<Context> context_;
  std::chrono::system_clock::time_point expires_{};
};

}  // namespace brume::net
