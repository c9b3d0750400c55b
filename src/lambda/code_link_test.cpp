#include "lambda/code_link.h"

#include <gtest/gtest.h>

#include <set>

namespace brume::lambda {
namespace {

using namespace std::chrono_literals;

constexpr const char* kPackage = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

struct CodeLink : ::testing::Test {
  ManualClock clock;
  SeededRandom random{1};
  CodeLinks links{clock, random};
};

TEST_F(CodeLink, LeadsToItsPackageForTenMinutes) {
  const std::string token = links.token_for(kPackage);
  EXPECT_EQ(token.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), token.npos);
  EXPECT_EQ(links.package_of(token), kPackage);
  clock.advance(9min + 59s);
  EXPECT_EQ(links.package_of(token), kPackage);
  clock.advance(1s);
  EXPECT_EQ(links.package_of(token), std::nullopt);
}

TEST_F(CodeLink, CannotBeAltered) {
  const std::string token = links.token_for(kPackage);
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string altered = token;
    altered[i] = altered[i] == '1' ? '2' : '1';
    EXPECT_EQ(links.package_of(altered), std::nullopt) << altered;
  }
  for (const std::string& other : {std::string(), std::string("-"), std::string("--"), token + "-", "1" + token,
                                   token.substr(0, token.size() - 1), token + "0", std::string("9999999999--")})
    EXPECT_EQ(links.package_of(other), std::nullopt) << other;
}

TEST_F(CodeLink, OfAnotherServerIsNotTaken) {
  const CodeLinks other(clock, random);
  EXPECT_EQ(other.package_of(links.token_for(kPackage)), std::nullopt);
}

}  // namespace
}  // namespace brume::lambda
