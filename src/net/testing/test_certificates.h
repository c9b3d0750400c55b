// Keys and certificates for the tests of TLS.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

namespace brume::net::test {

/// A fresh key and its certificate, good for an hour.
class KeyPair {
 public:
  /// `names`: its DNS names. Signed by itself, as an authority, or by `authority`.
  KeyPair(const std::string& common_name, const std::vector<std::string>& names, const KeyPair* authority = nullptr);

  std::string certificate_pem() const;
  std::string key_pem() const;
  std::string serial_number() const;  ///< in hexadecimal with colons
  void write(const std::string& certificate_file, const std::string& key_file) const;

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
  };
  std::unique_ptr<EVP_PKEY, Free> key_;
  std::unique_ptr<X509, Free> certificate_;
  long serial_ = 0;
};

/// The subject's; "" of no certificate.
std::string common_name(const X509* certificate);

}  // namespace brume::net::test
