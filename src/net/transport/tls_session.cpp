#include "net/transport/tls_session.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/text.h"
#include "net/message/host_name.h"
#include "net/transport/server_contexts.h"

namespace brume::net {
namespace {

/// What a function writes into memory.
template <class Write>
std::string written(Write write) {
  const std::unique_ptr<BIO, int (*)(BIO*)> memory(BIO_new(BIO_s_mem()), BIO_free);
  if (!memory) throw std::bad_alloc();
  write(memory.get());
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

std::string name_text(const X509_NAME* name) {
  return written([name](BIO* out) { X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB); });
}

std::string serial_text(const X509* certificate) {
  const std::unique_ptr<BIGNUM, void (*)(BIGNUM*)> number(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr), BN_free);
  std::string bytes(number ? static_cast<std::size_t>(BN_num_bytes(number.get())) : 0, '\0');
  if (number) BN_bn2bin(number.get(), reinterpret_cast<unsigned char*>(bytes.data()));
  if (bytes.empty()) bytes.push_back('\0');
  std::string text;
  for (const char c : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    if (!text.empty()) text += ':';
    text += digits[static_cast<unsigned char>(c) >> 4];
    text += digits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

ClientCertificate describe(X509* certificate) {
  return {.pem = written([certificate](BIO* out) { PEM_write_bio_X509(out, certificate); }),
          .subject = name_text(X509_get_subject_name(certificate)),
          .issuer = name_text(X509_get_issuer_name(certificate)),
          .serial_number = serial_text(certificate),
          .not_before = written([certificate](BIO* out) { ASN1_TIME_print(out, X509_get0_notBefore(certificate)); }),
          .not_after = written([certificate](BIO* out) { ASN1_TIME_print(out, X509_get0_notAfter(certificate)); })};
}

}  // namespace

bool host_matches(std::string_view pattern, std::string_view host) {
  if (!pattern.starts_with("*.")) return pattern == host;
  const std::size_t dot = host.find('.');
  return dot != host.npos && dot > 0 && host.substr(dot) == pattern.substr(1);
}

std::optional<std::size_t> TlsHostRules::find(std::string_view host) const {
  if (hosts_.empty()) return std::nullopt;
  std::string name = lower(host_name(host));
  if (name.ends_with('.')) name.pop_back();
  for (std::size_t i = 0; i < hosts_.size(); ++i)
    if (host_matches(hosts_[i], name)) return i;
  return std::nullopt;
}

bool TlsSession::allows(std::string_view host) const {
  const auto rule = rules->find(host);
  return !rule || rule == rules->find(server_name);
}

std::shared_ptr<const TlsSession> describe_session(SSL* connection) {
  auto session = std::make_shared<TlsSession>();
  if (const char* name = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name)) session->server_name = lower(name);
  session->rules = ServerContexts::rules_of(connection);
  X509* const certificate = SSL_get0_peer_certificate(connection);
  if (certificate && SSL_get_verify_result(connection) == X509_V_OK) session->client = describe(certificate);
  return session;
}

}  // namespace brume::net
