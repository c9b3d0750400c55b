#include "net/transport/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <ctime>
#include <stdexcept>

namespace brume::net {
namespace {

// The server speaks both, and prefers the first; our client speaks HTTP/1.1.
constexpr unsigned char kProtocols[] = {2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
constexpr unsigned char kClientProtocols[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

int select_protocol(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* offered,
                    unsigned int offered_length, void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_length, kProtocols, sizeof kProtocols, offered, offered_length) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;  // RFC 7301, section 3.2: no_application_protocol
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

void harden(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
}

using Context = boost::asio::ssl::context;

std::shared_ptr<Context> server_context(const std::string& certificate_chain_file,
                                        const std::string& private_key_file) {
  auto context = std::make_shared<Context>(Context::tls_server);
  boost::system::error_code error;
  context->use_certificate_chain_file(certificate_chain_file, error);
  if (error)
    throw std::runtime_error("can't read the certificate chain " + certificate_chain_file + ": " + error.message());
  context->use_private_key_file(private_key_file, Context::pem, error);
  SSL_CTX* native = context->native_handle();
  // A key of another kind of algorithm is found out while it is read, others only when asked.
  if (error && ERR_GET_REASON(static_cast<unsigned long>(error.value())) != X509_R_KEY_TYPE_MISMATCH &&
      ERR_GET_REASON(static_cast<unsigned long>(error.value())) != X509_R_KEY_VALUES_MISMATCH)
    throw std::runtime_error("can't read the private key " + private_key_file + ": " + error.message());
  if (error || SSL_CTX_check_private_key(native) != 1)
    throw std::runtime_error("the private key " + private_key_file + " does not belong to the certificate " +
                             certificate_chain_file);
  harden(native);
  SSL_CTX_set_options(native, SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_alpn_select_cb(native, select_protocol, nullptr);
  return context;
}

}  // namespace

std::shared_ptr<TlsContext> TlsContext::server(const std::string& certificate_chain_file,
                                               const std::string& private_key_file) {
  std::shared_ptr<TlsContext> tls(new TlsContext(server_context(certificate_chain_file, private_key_file)));
  tls->certificate_chain_file_ = certificate_chain_file;
  tls->private_key_file_ = private_key_file;
  return tls;
}

void TlsContext::reload() {
  auto fresh = server_context(certificate_chain_file_, private_key_file_);
  std::lock_guard lock(mutex_);
  context_ = std::move(fresh);
}

std::chrono::system_clock::time_point TlsContext::expires() const {
  const auto now = context();
  const X509* certificate = SSL_CTX_get0_certificate(now->native_handle());
  std::tm end{};
  if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) return {};
  return std::chrono::system_clock::from_time_t(timegm(&end));
}

std::shared_ptr<boost::asio::ssl::context> TlsContext::context() const {
  std::lock_guard lock(mutex_);
  return context_;
}

std::shared_ptr<TlsContext> TlsContext::client(bool verify) {
  auto context = std::make_shared<Context>(Context::tls_client);
  SSL_CTX* native = context->native_handle();
  harden(native);
  SSL_CTX_set_alpn_protos(native, kClientProtocols, sizeof kClientProtocols);
  if (verify) {
    context->set_default_verify_paths();
    context->set_verify_mode(boost::asio::ssl::verify_peer);
  } else {
    context->set_verify_mode(boost::asio::ssl::verify_none);
  }
  return std::shared_ptr<TlsContext>(new TlsContext(std::move(context)));
}

}  // namespace brume::net
