#include "server/host_rule.h"

#include <gtest/gtest.h>

namespace brume::server {
namespace {

TEST(HostRule, TakesNamesOfTheLoopbackAndThoseThatAreGiven) {
  for (const char* host : {"", "127.0.0.1", "127.0.0.1:4566", "127.8.9.1:80", "[::1]", "[::1]:4566", "localhost",
                           "LOCALHOST:4566", "localhost.", "abc.execute-api.us-east-1.localhost:4566",
                           "host.brume.internal:4566", "brume.test", "Brume.Test:8443"})
    EXPECT_TRUE(is_own_host(host, {"brume.test"})) << host;
}

TEST(HostRule, RefusesAllOthers) {
  for (const char* host :
       {"evil.example", "evil.example:4566", "localhost.evil.example", "127.0.0.1.evil.example", "xlocalhost",
        "abc.execute-api.evil.example", "abc.execute-api.us-east-1.localhost.evil.example", "10.0.0.1", "[::2]:4566",
        "brume.test.evil.example", "[", ":", "host.brume.internal.evil.example"})
    EXPECT_FALSE(is_own_host(host, {"brume.test"})) << host;
}

}  // namespace
}  // namespace brume::server
