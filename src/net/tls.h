// TLS on OpenSSL: certificates for the server, trust for the client.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

namespace brume::net {

/// An OpenSSL context with Brume's settings (TLS 1.2 and newer). Thread-safe once built.
class TlsContext {
 public:
  /// Server side. Errors: std::runtime_error naming the file that can't be read.
  static std::shared_ptr<TlsContext> server(const std::string& certificate_chain_file,
                                            const std::string& private_key_file);
  /// Client side: the system's trust store, host names verified, or no verification at all.
  static std::shared_ptr<TlsContext> client(bool verify = true);

  boost::asio::ssl::context& context() { return context_; }

 private:
  explicit TlsContext(boost::asio::ssl::context::method method) : context_(method) {}
  boost::asio::ssl::context context_;
};

}  // namespace brume::net
