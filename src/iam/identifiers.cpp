#include "iam/identifiers.h"

#include <algorithm>
#include <cstdint>

namespace brume::iam {
namespace {

constexpr std::string_view kSecretAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t kSessionTokenLength = 340;
constexpr std::uint64_t kAccountMax = 999'999'999'999;

// An access key id is a prefix of 4 characters and 80 bits in base 32. The first 48 bits are: one bit that is set, the
// account in 40 bits, 7 bits of chance; the other 32 bits are chance.
constexpr int kDigits = 16;
constexpr int kBitsPerDigit = 5;

}  // namespace

namespace {

std::string global_arn(std::string_view partition, std::string_view service, std::string_view account) {
  return std::string("arn:").append(partition).append(":").append(service).append("::").append(account).append(":");
}

}  // namespace

std::string iam_arn(std::string_view partition, std::string_view account, std::string_view kind, std::string_view path,
                    std::string_view name) {
  return global_arn(partition, "iam", account).append(kind).append(path).append(name);
}

std::string root_arn(std::string_view partition, std::string_view account) {
  return global_arn(partition, "iam", account).append("root");
}

bool is_root(std::string_view arn, std::string_view account) {
  const auto parsed = Arn::parse(arn);
  return parsed && parsed->service == "iam" && parsed->account == account && parsed->resource == "root";
}

std::string assumed_role_arn(std::string_view role_arn, std::string_view session) {
  const auto role = Arn::parse(role_arn);
  if (!role) return {};
  return global_arn(role->partition, "sts", role->account)
      .append("assumed-role/")
      .append(role->name())
      .append("/")
      .append(session);
}

std::string new_unique_id(Random& random, std::string_view prefix) {
  return std::string(prefix) + random.text(17, kAccessKeyAlphabet);  // letters and 2 to 7, as AWS's
}

std::string new_access_key_id(Random& random, std::string_view prefix, std::string_view account) {
  std::uint64_t number = 0;
  for (char c : account) number = number * 10 + static_cast<std::uint64_t>(c - '0');
  unsigned __int128 bits = std::uint64_t{1} << 47 | number << 7 | (random.next() & 0x7f);
  bits = bits << 32 | (random.next() & 0xffffffff);
  std::string id(prefix);
  for (int digit = kDigits - 1; digit >= 0; --digit)
    id += kAccessKeyAlphabet[static_cast<std::size_t>(bits >> (digit * kBitsPerDigit)) & 31];
  return id;
}

std::optional<std::string> account_of_access_key(std::string_view access_key_id) {
  if (access_key_id.size() != 4 + kDigits) return std::nullopt;
  if (!access_key_id.starts_with("AKIA") && !access_key_id.starts_with("ASIA")) return std::nullopt;
  unsigned __int128 bits = 0;
  for (char c : access_key_id.substr(4)) {
    const auto digit = kAccessKeyAlphabet.find(c);
    if (digit == kAccessKeyAlphabet.npos) return std::nullopt;
    bits = bits << kBitsPerDigit | digit;
  }
  const auto head = static_cast<std::uint64_t>(bits >> 32);
  const std::uint64_t number = head >> 7 & 0xff'ffff'ffff;
  if ((head >> 47) == 0 || number > kAccountMax) return std::nullopt;
  std::string digits = std::to_string(number);
  return std::string(12 - digits.size(), '0') + digits;
}

std::string new_secret(Random& random) { return random.text(40, kSecretAlphabet); }
std::string new_session_token(Random& random) {
  return "IQoJb3JpZ2luX2Vj" + random.text(kSessionTokenLength, kSecretAlphabet);
}

}  // namespace brume::iam
