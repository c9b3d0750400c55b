#include "front/sigv4.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <ctime>
#include <unordered_map>
#include <utility>

#include "base/time_text.h"
#include "base/text.h"
#include "base/crypto.h"
#include "base/encoding.h"

namespace brume::front {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::chrono::minutes kSkewMax{5};
constexpr std::size_t kKeysCached = 1024;

/// The value behind `name=` in an Authorization header.
std::optional<std::string_view> field_of(std::string_view header, std::string_view name) {
  for (std::string_view part : split(header, ',')) {
    part = trim(part);
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

std::optional<WallTime> parse_time(const std::string& text) {
  std::tm parts{};
  const char* end = strptime(text.c_str(), "%Y%m%dT%H%M%SZ", &parts);
  if (!end || *end != '\0') return std::nullopt;
  return std::chrono::system_clock::from_time_t(timegm(&parts));
}

std::string remove_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  const bool trailing = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
  for (const auto part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") kept.push_back(part);
    else if (!kept.empty()) kept.pop_back();
  }
  std::string out;
  for (const auto part : kept) (out += '/') += part;
  if (out.empty() || trailing) out += '/';
  return out;
}

std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  if (!query.empty()) {
    for (const auto part : split(query, '&')) {
      if (part.empty()) continue;
      const auto equals = part.find('=');
      std::string name = percent_encode(percent_decode(part.substr(0, equals)));
      if (name == "X-Amz-Signature") continue;
      parameters.emplace_back(std::move(name),
                              equals == part.npos ? "" : percent_encode(percent_decode(part.substr(equals + 1))));
    }
  }
  std::sort(parameters.begin(), parameters.end());
  std::string out;
  for (const auto& [name, value] : parameters) {
    if (!out.empty()) out += '&';
    ((out += name) += '=') += value;
  }
  return out;
}

void append_collapsed(std::string& out, std::string_view value) {
  bool space = false;
  for (char c : trim(value)) {
    if (c == ' ') {
      if (!space) out += c;
      space = true;
    } else {
      out += c;
      space = false;
    }
  }
}

std::string canonical_headers(const net::Request& request, const SignatureFields& fields) {
  std::string out;
  for (const auto& name : fields.signed_headers) {
    (out += name) += ':';
    bool first = true;
    for (const auto& header : request.headers) {
      if (!net::equal_ignoring_case(header.name, name)) continue;
      if (!std::exchange(first, false)) out += ',';
      append_collapsed(out, header.value);
    }
    out += '\n';
  }
  return out;
}

std::string scope_of(const SignatureFields& fields) {
  return fields.date + "/" + fields.region + "/" + fields.service + "/aws4_request";
}

/// The derived key lasts a day and costs four HMACs: kept per loop.
const std::string& cached_signing_key(std::string_view secret, const SignatureFields& fields) {
  thread_local std::unordered_map<std::string, std::string> cache;
  std::string name;
  name.append(secret).append("\n").append(scope_of(fields));
  if (const auto found = cache.find(name); found != cache.end()) return found->second;
  if (cache.size() >= kKeysCached) cache.clear();
  return cache.emplace(std::move(name), signing_key(secret, fields.date, fields.region, fields.service)).first->second;
}

std::optional<SignatureProblem> check_time(const SignatureFields& fields, WallTime now) {
  const auto signed_at = parse_time(fields.timestamp);
  if (!signed_at)
    return SignatureProblem{SignatureError::incomplete, "Date must be in ISO-8601 'basic format'. Got '" +
                                                            fields.timestamp +
                                                            "'. See http://en.wikipedia.org/wiki/ISO_8601"};
  if (fields.timestamp.substr(0, 8) != fields.date)
    return SignatureProblem{
        SignatureError::mismatch,
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" + fields.date +
            "' != '" + fields.timestamp.substr(0, 8) + "', from '" + fields.timestamp + "'."};
  if (*signed_at > now + kSkewMax)
    return SignatureProblem{SignatureError::expired, "Signature not yet current: " + fields.timestamp +
                                                         " is still later than " + compact_time(now + kSkewMax) + " (" +
                                                         compact_time(now) + " + 5 min.)"};
  const std::chrono::seconds lifetime = fields.presigned ? fields.expires : std::chrono::seconds(kSkewMax);
  if (*signed_at + lifetime < now) {
    const std::string window = fields.presigned ? std::to_string(lifetime.count()) + " sec." : "5 min.";
    return SignatureProblem{SignatureError::expired, "Signature expired: " + fields.timestamp +
                                                         " is now earlier than " + compact_time(now - lifetime) + " (" +
                                                         compact_time(now) + " - " + window + ")"};
  }
  return std::nullopt;
}

constexpr std::string_view kMismatch =
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
    "Key and "
    "signing method. Consult the service documentation for details.";

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
  long seconds = 0;
  const auto [end, error] = std::from_chars(expires.data(), expires.data() + expires.size(), seconds);
  const bool good_expiry = error == std::errc() && end == expires.data() + expires.size() && seconds >= 1 &&
                           seconds <= 604800;
  if (algorithm != kAlgorithm || !read_credential(credential, fields) || signed_headers.empty() ||
      fields.signature.empty() || fields.timestamp.empty() || !good_expiry) {
    problem = {SignatureError::incomplete,
               "AWS query-string parameters must include 'X-Amz-Algorithm', 'X-Amz-Credential', "
               "'X-Amz-Signature', 'X-Amz-SignedHeaders', 'X-Amz-Date' and "
               "'X-Amz-Expires'."};
    return std::nullopt;
  }
  fields.expires = std::chrono::seconds(seconds);
  read_signed_headers(signed_headers, fields);
  return fields;
}

}  // namespace

std::optional<SignatureFields> read_signature(const net::Request& request, SignatureProblem& problem) {
  const auto header = request.header("authorization");
  if (!header) {
    if (is_presigned(request)) return read_presigned(request, problem);
    problem = {SignatureError::missing, "Request is missing Authentication Token"};
    return std::nullopt;
  }
  if (!header->starts_with(kAlgorithm)) {
    problem = {SignatureError::incomplete,
               "Unsupported AWS 'algorithm': '" + std::string(header->substr(0, header->find(' '))) + "'."};
    return std::nullopt;
  }
  const std::string_view rest = header->substr(kAlgorithm.size());
  SignatureFields fields;
  const auto credential = field_of(rest, "Credential");
  const auto signed_headers = field_of(rest, "SignedHeaders");
  const auto signature = field_of(rest, "Signature");
  std::string missing;
  if (!credential) missing += "Authorization header requires 'Credential' parameter. ";
  if (!signature) missing += "Authorization header requires 'Signature' parameter. ";
  if (!signed_headers) missing += "Authorization header requires 'SignedHeaders' parameter. ";
  fields.timestamp = request.header_or_empty("x-amz-date");
  if (fields.timestamp.empty())
    missing +=
        "Authorization header requires existence of either a 'X-Amz-Date' or a "
        "'Date' header. ";
  if (!missing.empty()) {
    problem = {SignatureError::incomplete, missing + "Authorization=" + std::string(header->substr(0, 64))};
    return std::nullopt;
  }
  if (!read_credential(*credential, fields)) {
    problem = {SignatureError::incomplete,
               "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '" +
                   std::string(*credential) + "'"};
    return std::nullopt;
  }
  read_signed_headers(*signed_headers, fields);
  fields.signature = *signature;
  fields.security_token = request.header_or_empty("x-amz-security-token");
  return fields;
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
    credential = credential.substr(0, credential.find(','));
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

std::string canonical_request(const net::Request& request, const SignatureFields& fields,
                              std::string_view payload_hash) {
  std::string out(request.method);
  out += '\n';
  // Every service but S3 signs the path encoded once more than it is sent.
  if (fields.service == "s3") out += request.path;
  else out += percent_encode(remove_dot_segments(request.path), true);
  ((out += '\n') += canonical_query(request.query)) += '\n';
  (out += canonical_headers(request, fields)) += '\n';
  for (std::size_t i = 0; i < fields.signed_headers.size(); ++i) {
    if (i) out += ';';
    out += fields.signed_headers[i];
  }
  (out += '\n') += payload_hash;
  return out;
}

std::string signing_key(std::string_view secret, std::string_view date, std::string_view region,
                        std::string_view service) {
  std::string key = hmac_sha256("AWS4" + std::string(secret), date);
  key = hmac_sha256(key, region);
  key = hmac_sha256(key, service);
  return hmac_sha256(key, "aws4_request");
}

std::string signature_of(const net::Request& request, const SignatureFields& fields, std::string_view payload_hash,
                         std::string_view secret_access_key) {
  const std::string to_sign = std::string(kAlgorithm) + "\n" + fields.timestamp + "\n" + scope_of(fields) + "\n" +
                              sha256_hex(canonical_request(request, fields, payload_hash));
  return hex_encode(hmac_sha256(cached_signing_key(secret_access_key, fields), to_sign));
}

std::optional<SignatureProblem> verify_signature(const net::Request& request, const SignatureFields& fields,
                                                 std::string_view secret_access_key, WallTime now) {
  if (std::find(fields.signed_headers.begin(), fields.signed_headers.end(), "host") == fields.signed_headers.end())
    return SignatureProblem{SignatureError::mismatch,
                            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."};
  for (const auto& header : request.headers) {
    const std::string name = lower(header.name);
    const bool must_be_signed = name.starts_with("x-amz-") && name != "x-amz-content-sha256";
    if (must_be_signed &&
        std::find(fields.signed_headers.begin(), fields.signed_headers.end(), name) == fields.signed_headers.end())
      return SignatureProblem{SignatureError::mismatch,
                              "There were headers present in the request which were not signed: " + name};
  }
  if (auto problem = check_time(fields, now)) return problem;
  const std::string hash = sha256_hex(request.body);
  const auto claimed = request.header("x-amz-content-sha256");
  if (claimed && *claimed != hash && !(fields.service == "s3" && *claimed == "UNSIGNED-PAYLOAD"))
    return SignatureProblem{SignatureError::mismatch, std::string(kMismatch)};
  const std::string_view signed_hash = claimed ? *claimed : std::string_view(hash);
  if (!equal_constant_time(signature_of(request, fields, signed_hash, secret_access_key), fields.signature))
    return SignatureProblem{SignatureError::mismatch, std::string(kMismatch)};
  return std::nullopt;
}

}  // namespace brume::front
