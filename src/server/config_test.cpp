#include "server/config.h"

#include <gtest/gtest.h>

namespace brume::server {
namespace {

/// The sentence that `config` is refused with, "" if it is not.
std::string refusal_of(const Config& config) {
  try {
    require_sound(config);
    return {};
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

bool begins(const std::string& text, std::string_view with) { return text.starts_with(with); }

TEST(Config, AsItComesIsSound) { EXPECT_EQ(refusal_of({}), ""); }

TEST(Config, BeyondTheLoopbackNeedsSignaturesAndTls) {
  for (const char* address : {"0.0.0.0", "::", "10.0.0.1", "example.com"}) {
    Config config;
    config.listen_address = address;
    EXPECT_TRUE(begins(refusal_of(config), "--auth open takes any credential: listening on " + config.listen_address));
    config.auth = front::AuthMode::sigv4;
    EXPECT_TRUE(begins(refusal_of(config), "without TLS anybody on the way reads"));
    config.tls_certificates = config.tls_keys = {"x.pem"};
    EXPECT_EQ(refusal_of(config), "");
    config.tls_certificates = config.tls_keys = {};
    config.insecure = true;
    EXPECT_EQ(refusal_of(config), "");
    config.auth = front::AuthMode::open;
    EXPECT_EQ(refusal_of(config), "");
  }
}

TEST(Config, EachCertificateHasItsKey) {
  Config config;
  config.tls_certificates = {"a.pem", "b.pem"};
  config.tls_keys = {"a.key"};
  EXPECT_EQ(refusal_of(config), "each --tls-cert needs its --tls-key, in the same order");
  config.tls_keys.push_back("b.key");
  EXPECT_EQ(refusal_of(config), "");
}

TEST(Config, OnTheLoopbackNothingIsAskedFor) {
  for (const char* address : {"127.0.0.1", "127.9.9.9", "::1", "localhost"})
    for (const auto mode : {front::AuthMode::open, front::AuthMode::sigv4}) {
      Config config;
      config.listen_address = address;
      config.auth = mode;
      EXPECT_EQ(refusal_of(config), "") << address;
    }
}

TEST(Config, PoliciesAreNotPretended) {
  Config config;
  config.auth = front::AuthMode::iam;
  EXPECT_TRUE(begins(refusal_of(config), "--auth iam: enforcing IAM policies is not supported yet"));
}

TEST(Config, OriginsAreWhatBrowsersSend) {
  for (const char* origin : {"https://app.example.com", "http://localhost:3000", "http://[::1]:80"}) {
    Config config;
    config.cors_origins = {origin};
    EXPECT_EQ(refusal_of(config), "") << origin;
  }
  for (const char* origin : {"*", "null", "", "https://", "app.example.com", "https://app.example.com/", "ftp://a",
                             "https://a b", "https://user@a"}) {
    Config config;
    config.cors_origins = {"https://fine.example.com", origin};
    EXPECT_TRUE(begins(refusal_of(config), "--cors-origin ")) << origin;
  }
}

TEST(Config, RegionsAreNames) {
  for (const char* region : {"", "US-EAST-1", "us east", "us/east", "a-name-that-is-longer-than-any-region"}) {
    Config config;
    config.region = region;
    EXPECT_TRUE(begins(refusal_of(config), "--region ")) << region;
  }
}

}  // namespace
}  // namespace brume::server
