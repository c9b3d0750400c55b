#include "net/transport/tls.h"

#include <openssl/ssl.h>

#include <utility>

#include "net/transport/server_contexts.h"
#include "net/transport/tls_settings.h"

namespace brume::net {
namespace {

constexpr unsigned char kClientProtocols[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

}  // namespace

std::shared_ptr<TlsContext> TlsContext::server(TlsServerOptions options) {
  std::shared_ptr<TlsContext> tls(new TlsContext());
  tls->tickets_ = std::make_shared<TicketKeys>(options.ticket_key_life);
  tls->options_ = std::move(options);
  tls->reload();
  return tls;
}

std::shared_ptr<TlsContext> TlsContext::server(const std::string& certificate_chain_file,
                                               const std::string& private_key_file) {
  return server({.certificates = {{certificate_chain_file, private_key_file}}});
}

void TlsContext::reload() {
  const auto fresh = ServerContexts::load(options_, tickets_);
  std::lock_guard lock(mutex_);
  context_ = ServerContexts::first(fresh);
  expires_ = fresh->expires();
}

std::vector<std::string> TlsContext::files() const {
  std::vector<std::string> all;
  for (const TlsCertificate& certificate : options_.certificates)
    all.insert(all.end(), {certificate.chain_file, certificate.key_file});
  for (const TlsClientRule& rule : options_.client_rules) all.push_back(rule.authorities_file);
  return all;
}

std::chrono::system_clock::time_point TlsContext::expires() const {
  std::lock_guard lock(mutex_);
  return expires_;
}

std::shared_ptr<boost::asio::ssl::context> TlsContext::context() const {
  std::lock_guard lock(mutex_);
  return context_;
}

std::shared_ptr<TlsContext> TlsContext::client(bool verify) {
  auto context = std::make_shared<Context>(Context::tls_client);
  SSL_CTX* native = context->native_handle();
  harden_tls(native);
  SSL_CTX_set_alpn_protos(native, kClientProtocols, sizeof kClientProtocols);
  if (verify) {
    context->set_default_verify_paths();
    context->set_verify_mode(boost::asio::ssl::verify_peer);
  } else {
    context->set_verify_mode(boost::asio::ssl::verify_none);
  }
  std::shared_ptr<TlsContext> tls(new TlsContext());
  tls->context_ = std::move(context);
  return tls;
}

}  // namespace brume::net
