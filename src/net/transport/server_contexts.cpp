#include "net/transport/server_contexts.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "base/crypto.h"
#include "base/text.h"
#include "net/transport/tls.h"
#include "net/transport/tls_settings.h"

namespace brume::net {
namespace {

// The server speaks both, and prefers the first.
constexpr unsigned char kProtocols[] = {2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

int select_protocol(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* offered,
                    unsigned int offered_length, void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_length, kProtocols, sizeof kProtocols, offered, offered_length) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;  // RFC 7301, section 3.2: no_application_protocol
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

/// Where a context keeps whose it is. Its app_data is Asio's.
int our_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int name_is_known(SSL*, int*, void*) { return SSL_TLSEXT_ERR_OK; }

std::string text_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void read_pair(boost::asio::ssl::context& context, const TlsCertificate& files) {
  boost::system::error_code error;
  context.use_certificate_chain_file(files.chain_file, error);
  if (error) throw std::runtime_error("can't read the certificate chain " + files.chain_file + ": " + error.message());
  context.use_private_key_file(files.key_file, boost::asio::ssl::context::pem, error);
  // A key of another kind of algorithm is found out while it is read, others only when asked.
  if (error && ERR_GET_REASON(static_cast<unsigned long>(error.value())) != X509_R_KEY_TYPE_MISMATCH &&
      ERR_GET_REASON(static_cast<unsigned long>(error.value())) != X509_R_KEY_VALUES_MISMATCH)
    throw std::runtime_error("can't read the private key " + files.key_file + ": " + error.message());
  if (error || SSL_CTX_check_private_key(context.native_handle()) != 1)
    throw std::runtime_error("the private key " + files.key_file + " does not belong to the certificate " +
                             files.chain_file);
}

std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> names;
  auto* const alternatives =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(alternatives); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(alternatives, i);
    if (name->type != GEN_DNS) continue;
    names.push_back(lower({reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                           static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))}));
  }
  GENERAL_NAMES_free(alternatives);
  return names;
}

std::chrono::system_clock::time_point end_of(const X509* certificate) {
  std::tm end{};
  if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) return {};
  return std::chrono::system_clock::from_time_t(timegm(&end));
}

/// From now on clients must show a certificate that one of the file's authorities has signed.
void demand_certificate(boost::asio::ssl::context& context, const std::string& file) {
  SSL_CTX* const native = context.native_handle();
  STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(file.c_str());
  boost::system::error_code error;
  if (names) context.load_verify_file(file, error);
  if (!names || error) throw std::runtime_error("can't read the certificates of authorities in " + file);
  SSL_CTX_set_client_CA_list(native, names);
  SSL_CTX_set_verify(native, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

/// The name in a ClientHello's server_name extension (RFC 6066, section 3); empty: none, or one that is malformed, which
/// OpenSSL will say.
std::string_view asked_name(SSL* connection) {
  const unsigned char* bytes = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(connection, TLSEXT_TYPE_server_name, &bytes, &size) != 1) return {};
  // The list's length, the kind of name, its length, the name.
  const auto number = [&](std::size_t at) { return static_cast<std::size_t>(bytes[at] << 8 | bytes[at + 1]); };
  if (size < 5 || number(0) != size - 2 || bytes[2] != TLSEXT_NAMETYPE_host_name || number(3) > size - 5) return {};
  return {reinterpret_cast<const char*>(bytes + 5), number(3)};
}

}  // namespace

std::shared_ptr<ServerContexts> ServerContexts::load(const TlsServerOptions& options,
                                                     std::shared_ptr<TicketKeys> tickets) {
  std::shared_ptr<ServerContexts> made(new ServerContexts(std::move(tickets)));
  if (options.certificates.empty()) throw std::runtime_error("a TLS server needs a certificate");
  for (const TlsCertificate& files : options.certificates) {
    auto& one = *made->certificates_.emplace_back(std::make_unique<Certificate>());
    read_pair(one.context, files);
    made->set_up(one.context, {});
    X509* const certificate = SSL_CTX_get0_certificate(one.context.native_handle());
    one.names = names_of(certificate);
    made->expires_ = std::min(made->expires_, end_of(certificate));
  }
  std::vector<std::string> hosts;
  for (const TlsClientRule& rule : options.client_rules) hosts.push_back(lower(rule.host));
  made->rules_ = std::make_shared<const TlsHostRules>(std::move(hosts));
  for (std::size_t rule = 0; rule < options.client_rules.size(); ++rule) {
    for (std::size_t certificate = 0; certificate < options.certificates.size(); ++certificate) {
      auto context = std::make_unique<Context>(Context::tls_server);
      read_pair(*context, options.certificates[certificate]);
      // Other authorities: what was agreed on under the former ones is not resumed.
      made->set_up(*context,
                   options.client_rules[rule].host + "\n" + text_of(options.client_rules[rule].authorities_file));
      demand_certificate(*context, options.client_rules[rule].authorities_file);
      made->guarded_.push_back({certificate, rule, std::move(context)});
    }
  }
  return made;
}

void ServerContexts::set_up(Context& context, const std::string& session_scope) {
  SSL_CTX* const native = context.native_handle();
  harden_tls(native);
  SSL_CTX_set_options(native, SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_alpn_select_cb(native, select_protocol, nullptr);
  SSL_CTX_set_client_hello_cb(native, choose, this);
  // So that the name is kept with the session, and known when that is resumed.
  SSL_CTX_set_tlsext_servername_callback(native, name_is_known);
  SSL_CTX_set_ex_data(native, our_index(), this);
  // Tickets alone: nothing is kept here for clients that may not come back.
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(native, tickets_->life().count());
  SSL_CTX_set_tlsext_ticket_key_evp_cb(native, ticket);
  const std::string scope = sha256("brume " + session_scope);
  static_assert(SSL_MAX_SID_CTX_LENGTH == 32);
  SSL_CTX_set_session_id_context(native, reinterpret_cast<const unsigned char*>(scope.data()),
                                 static_cast<unsigned int>(scope.size()));
}

std::size_t ServerContexts::certificate_for(std::string_view host) const {
  for (const bool wildcards : {false, true})
    for (std::size_t i = 0; i < certificates_.size(); ++i)
      for (const std::string& name : certificates_[i]->names)
        if (name.starts_with("*.") == wildcards && host_matches(name, host)) return i;
  return 0;
}

SSL_CTX* ServerContexts::context_for(std::string_view host) {
  const std::size_t certificate = certificate_for(host);
  const auto rule = rules_->find(host);
  for (const Guarded& guarded : guarded_)
    if (rule && guarded.rule == *rule && guarded.certificate == certificate) return guarded.context->native_handle();
  return certificates_[certificate]->context.native_handle();
}

/// Called when a ClientHello has come, before OpenSSL looks at tickets: so a session is resumed within its scope alone.
int ServerContexts::choose(SSL* connection, int*, void* self) {
  try {
    std::string host = lower(asked_name(connection));
    if (host.ends_with('.')) host.pop_back();
    SSL_CTX* const chosen = static_cast<ServerContexts*>(self)->context_for(host);
    if (chosen == SSL_get_SSL_CTX(connection)) return SSL_CLIENT_HELLO_SUCCESS;
    if (!SSL_set_SSL_CTX(connection, chosen)) return SSL_CLIENT_HELLO_ERROR;
    // This stays as it was when the connection was made.
    SSL_set_verify(connection, SSL_CTX_get_verify_mode(chosen), nullptr);
    return SSL_CLIENT_HELLO_SUCCESS;
  } catch (const std::exception&) {
    return SSL_CLIENT_HELLO_ERROR;
  }
}

/// RFC 5077, section 4, with AES-256-CBC and HMAC-SHA256. 0: no such key, a full handshake; 2: taken, and renewed.
int ServerContexts::ticket(SSL* connection, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                           EVP_MAC_CTX* mac, int encrypt) {
  auto* const self = static_cast<ServerContexts*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), our_index()));
  try {
    bool renew = false;
    const auto key = encrypt ? self->tickets_->current() : self->tickets_->find(name, renew);
    if (!key) return 0;
    if (encrypt) {
      std::copy(key->name.begin(), key->name.end(), name);
      if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
    }
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_octet_string(
                                   OSSL_MAC_PARAM_KEY, const_cast<unsigned char*>(key->mac.data()), key->mac.size()),
                               OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>("sha256"), 0),
                               OSSL_PARAM_construct_end()};
    if (EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key->cipher.data(), iv, encrypt) != 1 ||
        EVP_MAC_CTX_set_params(mac, parameters) != 1)
      return -1;
    // TLS 1.3 has a ticket for each connection (RFC 8446, appendix C.4): a client gets the next one each time.
    return renew || SSL_version(connection) >= TLS1_3_VERSION ? 2 : 1;
  } catch (const std::exception&) {
    return -1;
  }
}

std::shared_ptr<const TlsHostRules> ServerContexts::rules_of(SSL* connection) {
  return static_cast<ServerContexts*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), our_index()))->rules_;
}

}  // namespace brume::net
