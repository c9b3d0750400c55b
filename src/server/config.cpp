#include "server/config.h"

#include <algorithm>
#include <stdexcept>

#include "server/loopback.h"

namespace brume::server {
namespace {

/// As browsers send it: "https://app.example.com", with a port where it is not the scheme's.
bool is_origin(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"})
    if (text.starts_with(scheme))
      return text.size() > scheme.size() && text.find_first_of("/?#@ ", scheme.size()) == text.npos;
  return false;
}

bool is_region(std::string_view text) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), allowed);
}

}  // namespace

void require_sound(const Config& config) {
  const bool open = config.auth == front::AuthMode::open, beyond = !is_loopback(config.listen_address);
  if (config.auth == front::AuthMode::iam)
    throw std::runtime_error(
        "--auth iam: enforcing IAM policies is not supported yet; --auth sigv4 verifies signatures");
  if (open && beyond && !config.insecure)
    throw std::runtime_error("--auth open takes any credential: listening on " + config.listen_address +
                             " needs --auth sigv4, or --insecure if that is what you want");
  if (!open && beyond && config.tls_certificates.empty() && !config.insecure)
    throw std::runtime_error("without TLS anybody on the way reads what is sent, new secret keys too: listening on " +
                             config.listen_address +
                             " needs --tls-cert and --tls-key, or --insecure if that is what you want");
  if (config.tls_certificates.size() != config.tls_keys.size())
    throw std::runtime_error("each --tls-cert needs its --tls-key, in the same order");
  if (!is_region(config.region))
    throw std::runtime_error("--region " + config.region + ": a region is lower-case letters, digits and hyphens");
  for (const std::string& origin : config.cors_origins)
    if (!is_origin(origin))
      throw std::runtime_error("--cors-origin " + origin +
                               ": an origin is http:// or https://, a host and perhaps a port, nothing behind them");
}

}  // namespace brume::server
