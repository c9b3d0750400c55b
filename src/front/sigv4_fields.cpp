// Reading what a request says about its signature.
#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "base/text.h"
#include "front/sigv4.h"

namespace brume::front {
namespace {

/// What may stand between the parts of an Authorization header: AWS asks for commas and does with blanks.
constexpr std::string_view kBetweenParts = ", \t";

/// The value behind `name=` in an Authorization header.
std::optional<std::string_view> field_of(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    const auto end = std::min(header.find_first_of(kBetweenParts), header.size());
    const std::string_view part = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    if (part.size() > name.size() && part.starts_with(name) && part[name.size()] == '=')
      return part.substr(name.size() + 1);
  }
  return std::nullopt;
}

/// Fills the scope from KEY/DATE/REGION/SERVICE/aws4_request. The key may hold slashes.
bool read_credential(std::string_view credential, SignatureFields& fields) {
  const auto parts = split(credential, '/');
  if (parts.size() < 5 || parts.back() != "aws4_request") return false;
  const std::size_t n = parts.size();
  fields.service = parts[n - 2];
  fields.region = parts[n - 3];
  fields.date = parts[n - 4];
  fields.access_key_id =
      credential.substr(0, credential.size() - fields.service.size() - fields.region.size() - fields.date.size() - 16);
  return !fields.access_key_id.empty();
}

void read_signed_headers(std::string_view text, SignatureFields& fields) {
  for (const auto name : split(text, ';')) fields.signed_headers.emplace_back(name);
}

/// X-Amz-Expires: a second to a week.
std::optional<std::chrono::seconds> read_lifetime(const std::string& text) {
  long seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 1 || seconds > 604800) return std::nullopt;
  return std::chrono::seconds(seconds);
}

std::optional<SignatureFields> read_presigned(const net::Request& request, SignatureProblem& problem) {
  SignatureFields fields;
  fields.presigned = true;
  std::string algorithm, credential, signed_headers, expires;
  for (auto& [name, value] : net::parse_query(request.query)) {
    if (name == "X-Amz-Algorithm") algorithm = value;
    else if (name == "X-Amz-Credential") credential = value;
    else if (name == "X-Amz-Date") fields.timestamp = value;
    else if (name == "X-Amz-Expires") expires = value;
    else if (name == "X-Amz-SignedHeaders") signed_headers = value;
    else if (name == "X-Amz-Signature") fields.signature = value;
    else if (name == "X-Amz-Security-Token") fields.security_token = value;
  }
  const auto lifetime = read_lifetime(expires);
  if (algorithm != kSignatureAlgorithm || !read_credential(credential, fields) || signed_headers.empty() ||
      fields.signature.empty() || fields.timestamp.empty() || !lifetime) {
    problem = {SignatureError::incomplete,
               "AWS query-string parameters must include 'X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature', "
               "'X-Amz-SignedHeaders', 'X-Amz-Date' and 'X-Amz-Expires'."};
    return std::nullopt;
  }
  fields.expires = *lifetime;
  read_signed_headers(signed_headers, fields);
  return fields;
}

/// What an Authorization header lacks, in AWS's words, one sentence a part; "" when all is there.
std::string missing_parts(bool credential, bool signature, bool signed_headers, bool date) {
  std::string missing;
  if (!credential) missing += "Authorization header requires 'Credential' parameter. ";
  if (!signature) missing += "Authorization header requires 'Signature' parameter. ";
  if (!signed_headers) missing += "Authorization header requires 'SignedHeaders' parameter. ";
  if (!date) missing += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
  return missing;
}

/// `header` is the Authorization header's value.
std::optional<SignatureFields> read_authorization(const net::Request& request, std::string_view header,
                                                  SignatureProblem& problem) {
  const auto incomplete = [&](std::string message) {
    problem = {SignatureError::incomplete, std::move(message)};
    return std::nullopt;
  };
  if (!header.starts_with(kSignatureAlgorithm))
    return incomplete("Unsupported AWS 'algorithm': '" + std::string(header.substr(0, header.find(' '))) + "'.");
  const std::string_view parts = header.substr(kSignatureAlgorithm.size());
  const auto credential = field_of(parts, "Credential");
  const auto signed_headers = field_of(parts, "SignedHeaders");
  const auto signature = field_of(parts, "Signature");
  SignatureFields fields;
  fields.timestamp = request.header_or_empty("x-amz-date");
  const std::string missing = missing_parts(credential.has_value(), signature.has_value(), signed_headers.has_value(),
                                            !fields.timestamp.empty());
  if (!missing.empty()) return incomplete(missing + "Authorization=" + std::string(header.substr(0, 64)));
  if (!read_credential(*credential, fields))
    return incomplete(
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '" +
        std::string(*credential) + "'");
  read_signed_headers(*signed_headers, fields);
  fields.signature = *signature;
  fields.security_token = request.header_or_empty("x-amz-security-token");
  return fields;
}

}  // namespace

std::optional<SignatureFields> read_signature(const net::Request& request, SignatureProblem& problem) {
  if (const auto header = request.header("authorization")) return read_authorization(request, *header, problem);
  if (is_presigned(request)) return read_presigned(request, problem);
  problem = {SignatureError::missing, "Request is missing Authentication Token"};
  return std::nullopt;
}

bool is_presigned(const net::Request& request) {
  return request.query.find("X-Amz-Signature=") != std::string_view::npos ||
         request.query.find("X-Amz-Algorithm=") != std::string_view::npos;
}

std::optional<CredentialScope> read_scope(const net::Request& request) {
  std::string_view credential;
  if (const auto header = request.header("authorization")) {
    const auto at = header->find("Credential=");
    if (at == header->npos) return std::nullopt;
    credential = header->substr(at + 11);
    credential = credential.substr(0, credential.find_first_of(kBetweenParts));
  } else if (const auto at = request.query.find("X-Amz-Credential="); at != request.query.npos) {
    thread_local std::string decoded;
    std::string_view value = request.query.substr(at + 17);
    decoded = percent_decode(value.substr(0, value.find('&')));
    credential = decoded;
  } else {
    return std::nullopt;
  }
  CredentialScope scope;
  // from the end: term, service, region, date
  std::string_view* const parts[] = {nullptr, &scope.service, &scope.region, nullptr};
  for (auto* part : parts) {
    const auto slash = credential.rfind('/');
    if (slash == credential.npos) return std::nullopt;
    if (part) *part = trim(credential.substr(slash + 1));
    credential = credential.substr(0, slash);
  }
  scope.access_key_id = trim(credential);
  return scope;
}

}  // namespace brume::front
