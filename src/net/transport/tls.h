// TLS on OpenSSL: certificates for the server, trust for the client.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>

namespace brume::net {

/// An OpenSSL context with Brume's settings (TLS 1.2 and newer), which a server may replace by one with new certificates.
/// Thread-safe.
class TlsContext {
 public:
  /// Server side. Errors: std::runtime_error naming the file that can't be read.
  static std::shared_ptr<TlsContext> server(const std::string& certificate_chain_file,
                                            const std::string& private_key_file);
  /// Client side: the system's trust store, host names verified, or no verification at all.
  static std::shared_ptr<TlsContext> client(bool verify = true);

  /// Server side: reads the files again. Handshakes from now on use them, connections that stand go on. Blocks. Errors: as
  /// server(); all stays as it was then.
  void reload();
  /// When the server's certificate ends.
  std::chrono::system_clock::time_point expires() const;

  /// For a connection to keep as long as it lives.
  std::shared_ptr<boost::asio::ssl::context> context() const;

 private:
  using Context = boost::asio::ssl::context;
  explicit TlsContext(std::shared_ptr<Context> context) : context_(std::move(context)) {}

  std::string certificate_chain_file_, private_key_file_;
  mutable std::mutex mutex_;
  std::shared_ptr<Context> context_;
};

}  // namespace brume::net
