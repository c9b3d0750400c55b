// What a server knows of a client by TLS.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct ssl_st;

namespace brume::net {

/// A certificate that a client has shown and whose chain has been verified.
struct ClientCertificate {
  std::string pem;
  std::string subject, issuer;  ///< distinguished names as RFC 2253 writes them
  std::string serial_number;  ///< in hexadecimal with colons between the bytes
  std::string not_before, not_after;  ///< as OpenSSL prints them: "May 28 12:30:02 2019 GMT"
};

/// The names for which clients must show a certificate.
class TlsHostRules {
 public:
  explicit TlsHostRules(std::vector<std::string> hosts) : hosts_(std::move(hosts)) {}
  /// The place of the first rule for that name, in any case.
  std::optional<std::size_t> find(std::string_view host) const;
  bool empty() const { return hosts_.empty(); }

 private:
  std::vector<std::string> hosts_;
};

/// Whether `pattern`, a name or "*." and a name, is for `host`. Both in lower case.
bool host_matches(std::string_view pattern, std::string_view host);

struct TlsSession {
  std::string server_name;  ///< that the client asked for, in lower case; empty: none
  std::optional<ClientCertificate> client;
  std::shared_ptr<const TlsHostRules> rules;  ///< never null

  /// Whether a request for that host may be answered on this connection: one for a host with a rule of its own only where
  /// the handshake was for a host of the same rule. Otherwise a client would get round showing its certificate.
  bool allows(std::string_view host) const;
};

/// After the handshake.
std::shared_ptr<const TlsSession> describe_session(ssl_st* connection);

}  // namespace brume::net
