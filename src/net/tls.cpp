#include "net/tls.h"

#include <openssl/ssl.h>

#include <stdexcept>

namespace brume::net {
namespace {

// HTTP/2 joins here, before http/1.1, once the server speaks it.
constexpr unsigned char kProtocols[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

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

}  // namespace

std::shared_ptr<TlsContext> TlsContext::server(const std::string& certificate_chain_file,
                                               const std::string& private_key_file) {
  std::shared_ptr<TlsContext> tls(new TlsContext(boost::asio::ssl::context::tls_server));
  boost::system::error_code error;
  tls->context_.use_certificate_chain_file(certificate_chain_file, error);
  if (error)
    throw std::runtime_error("can't read the certificate chain " + certificate_chain_file + ": " + error.message());
  tls->context_.use_private_key_file(private_key_file, boost::asio::ssl::context::pem, error);
  if (error) throw std::runtime_error("can't read the private key " + private_key_file + ": " + error.message());
  SSL_CTX* native = tls->context_.native_handle();
  if (SSL_CTX_check_private_key(native) != 1)
    throw std::runtime_error("the private key " + private_key_file + " does not belong to the certificate " +
                             certificate_chain_file);
  harden(native);
  SSL_CTX_set_options(native, SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_alpn_select_cb(native, select_protocol, nullptr);
  return tls;
}

std::shared_ptr<TlsContext> TlsContext::client(bool verify) {
  std::shared_ptr<TlsContext> tls(new TlsContext(boost::asio::ssl::context::tls_client));
  SSL_CTX* native = tls->context_.native_handle();
  harden(native);
  SSL_CTX_set_alpn_protos(native, kProtocols, sizeof kProtocols);
  if (verify) {
    tls->context_.set_default_verify_paths();
    tls->context_.set_verify_mode(boost::asio::ssl::verify_peer);
  } else {
    tls->context_.set_verify_mode(boost::asio::ssl::verify_none);
  }
  return tls;
}

}  // namespace brume::net
