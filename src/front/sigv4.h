// AWS Signature Version 4: who signed a request, and whether the signature holds.
// Source: AWS IAM user guide, "Create a signed AWS API request".
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "net/message/http_message.h"

namespace brume::front {

inline constexpr std::string_view kSignatureAlgorithm = "AWS4-HMAC-SHA256";

/// What a request says about its signature, in the Authorization header or in X-Amz-* query parameters.
struct SignatureFields {
  std::string access_key_id;
  std::string date;     ///< of the scope, "20260131"
  std::string region;
  std::string service;
  std::vector<std::string> signed_headers;  ///< lower case, in the order sent
  std::string signature;
  std::string timestamp;       ///< "20260131T120000Z", or "" if the request has none
  std::string security_token;
  bool presigned = false;
  std::chrono::seconds expires{0};  ///< presigned only
};

enum class SignatureError : std::uint8_t {
  missing,     ///< no signature at all
  incomplete,  ///< parts are missing or malformed
  expired,     ///< too old, or not yet current
  mismatch,
};

struct SignatureProblem {
  SignatureError error;
  std::string message;  ///< AWS's text
};

/// Reads the fields. `problem` tells why there are none.
std::optional<SignatureFields> read_signature(const net::Request& request, SignatureProblem& problem);

/// Access key, region and service alone, as far as they are there: for modes that verify nothing. No allocation
/// beyond the three texts.
struct CredentialScope {
  std::string_view access_key_id, region, service;
};
std::optional<CredentialScope> read_scope(const net::Request& request);

/// Whether the query string carries a signature.
bool is_presigned(const net::Request& request);

/// Verifies the time window and the signature over `request` with `body` as sent. nullopt: all is well.
std::optional<SignatureProblem> verify_signature(const net::Request& request, const SignatureFields& fields,
                                                 std::string_view secret_access_key, WallTime now);

// The steps, for tests and for signing our own requests.
std::string canonical_request(const net::Request& request, const SignatureFields& fields,
                              std::string_view payload_hash);
std::string signing_key(std::string_view secret, std::string_view date, std::string_view region,
                        std::string_view service);
std::string signature_of(const net::Request& request, const SignatureFields& fields, std::string_view payload_hash,
                         std::string_view secret_access_key);

}  // namespace brume::front
