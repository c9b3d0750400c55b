#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <fstream>

#include "net/testing/test_certificates.h"

namespace brume::net::test {
namespace {

template <class Write>
std::string written(Write write) {
  BIO* memory = BIO_new(BIO_s_mem());
  write(memory);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory, &bytes);
  std::string text(bytes, static_cast<std::size_t>(size));
  BIO_free(memory);
  return text;
}

void extend(X509* certificate, X509V3_CTX& context, int kind, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

/// Unlike those of other processes' certificates in the same folder, and of this one's others.
long next_serial() {
  static std::atomic<long> last = 0x01ab00;
  return ++last;
}

}  // namespace

KeyPair::KeyPair(const std::string& common_name, const std::vector<std::string>& names, const KeyPair* authority)
    : key_(EVP_EC_gen("P-256")), certificate_(X509_new()), serial_(next_serial()) {
  X509* const made = certificate_.get();
  X509_set_version(made, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made), serial_);
  X509_gmtime_adj(X509_getm_notBefore(made), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made), 3600);
  X509_set_pubkey(made, key_.get());
  X509_NAME* const name = X509_get_subject_name(made);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(common_name.c_str()), -1,
                             -1, 0);
  X509* const issuer = authority ? authority->certificate_.get() : made;
  X509_set_issuer_name(made, X509_get_subject_name(issuer));
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, made, nullptr, nullptr, 0);
  if (!authority) extend(made, context, NID_basic_constraints, "critical,CA:TRUE");
  std::string list;
  for (const std::string& dns : names) list += (list.empty() ? "DNS:" : ",DNS:") + dns;
  if (!list.empty()) extend(made, context, NID_subject_alt_name, list + ",IP:127.0.0.1");
  X509_sign(made, authority ? authority->key_.get() : key_.get(), EVP_sha256());
}

std::string KeyPair::certificate_pem() const {
  return written([this](BIO* out) { PEM_write_bio_X509(out, certificate_.get()); });
}

std::string KeyPair::key_pem() const {
  return written(
      [this](BIO* out) { PEM_write_bio_PrivateKey(out, key_.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}

std::string KeyPair::serial_number() const {
  std::string text;
  for (int shift = 16; shift >= 0; shift -= 8) {
    constexpr std::string_view digits = "0123456789abcdef";
    const long byte = serial_ >> shift & 0xFF;
    if (!text.empty()) text += ':';
    text += {digits[byte >> 4], digits[byte & 15]};
  }
  return text;
}

void KeyPair::write(const std::string& certificate_file, const std::string& key_file) const {
  std::ofstream(certificate_file) << certificate_pem();
  std::ofstream(key_file) << key_pem();
}

std::string common_name(const X509* certificate) {
  char text[256] = "";
  if (certificate) X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text, sizeof text);
  return text;
}

}  // namespace brume::net::test
