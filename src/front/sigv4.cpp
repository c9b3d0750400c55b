#include "front/sigv4.h"

#include <algorithm>
#include <ctime>
#include <unordered_map>
#include <utility>

#include "base/time_text.h"
#include "base/text.h"
#include "base/crypto.h"
#include "base/encoding.h"

namespace brume::front {
namespace {

constexpr std::chrono::minutes kSkewMax{5};
constexpr std::size_t kKeysCached = 1024;

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

SignatureProblem mismatch() {
  return {SignatureError::mismatch,
          "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
          "Key and signing method. Consult the service documentation for details."};
}

SignatureProblem not_yet_current(const SignatureFields& fields, WallTime now) {
  return {SignatureError::expired, "Signature not yet current: " + fields.timestamp + " is still later than " +
                                       compact_time(now + kSkewMax) + " (" + compact_time(now) + " + 5 min.)"};
}

SignatureProblem expired(const SignatureFields& fields, std::chrono::seconds lifetime, WallTime now) {
  const std::string window = fields.presigned ? std::to_string(lifetime.count()) + " sec." : "5 min.";
  return {SignatureError::expired, "Signature expired: " + fields.timestamp + " is now earlier than " +
                                       compact_time(now - lifetime) + " (" + compact_time(now) + " - " + window + ")"};
}

/// The signature's time is readable, agrees with its scope, and is now.
std::optional<SignatureProblem> check_time(const SignatureFields& fields, WallTime now) {
  const auto signed_at = parse_time(fields.timestamp);
  if (!signed_at)
    return SignatureProblem{SignatureError::incomplete, "Date must be in ISO-8601 'basic format'. Got '" +
                                                            fields.timestamp +
                                                            "'. See http://en.wikipedia.org/wiki/ISO_8601"};
  const std::string day = fields.timestamp.substr(0, 8);
  if (day != fields.date)
    return SignatureProblem{
        SignatureError::mismatch,
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" + fields.date +
            "' != '" + day + "', from '" + fields.timestamp + "'."};
  if (*signed_at > now + kSkewMax) return not_yet_current(fields, now);
  const std::chrono::seconds lifetime = fields.presigned ? fields.expires : std::chrono::seconds(kSkewMax);
  if (*signed_at + lifetime < now) return expired(fields, lifetime, now);
  return std::nullopt;
}

/// What must be signed is: the host, and every x-amz- header but the one that the signature contains anyway.
std::optional<SignatureProblem> check_signed_headers(const net::Request& request, const SignatureFields& fields) {
  const auto is_signed = [&](std::string_view name) {
    return std::find(fields.signed_headers.begin(), fields.signed_headers.end(), name) != fields.signed_headers.end();
  };
  if (!is_signed("host"))
    return SignatureProblem{SignatureError::mismatch,
                            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."};
  for (const auto& header : request.headers) {
    const std::string name = lower(header.name);
    if (!name.starts_with("x-amz-") || name == "x-amz-content-sha256" || is_signed(name)) continue;
    return SignatureProblem{SignatureError::mismatch,
                            "There were headers present in the request which were not signed: " + name};
  }
  return std::nullopt;
}

}  // namespace

std::string canonical_request(const net::Request& request, const SignatureFields& fields,
                              std::string_view payload_hash) {
  std::string out(request.method);
  out += '\n';
  out += percent_encode(remove_dot_segments(request.path), true);  // encoded once more than it is sent
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
  const std::string to_sign = std::string(kSignatureAlgorithm) + "\n" + fields.timestamp + "\n" + scope_of(fields) +
                              "\n" + sha256_hex(canonical_request(request, fields, payload_hash));
  return hex_encode(hmac_sha256(cached_signing_key(secret_access_key, fields), to_sign));
}

std::optional<SignatureProblem> verify_signature(const net::Request& request, const SignatureFields& fields,
                                                 std::string_view secret_access_key, WallTime now) {
  if (auto problem = check_signed_headers(request, fields)) return problem;
  if (auto problem = check_time(fields, now)) return problem;
  const auto holds_with = [&](std::string_view payload_hash) {
    return equal_constant_time(signature_of(request, fields, payload_hash, secret_access_key), fields.signature);
  };
  // First what is quick to check: who does not have the key is not worth the hash of a long body.
  const auto claimed = request.header("x-amz-content-sha256");
  if (claimed && !holds_with(*claimed)) return mismatch();
  const std::string hash = sha256_hex(request.body);
  if (claimed ? *claimed != hash : !holds_with(hash)) return mismatch();
  return std::nullopt;
}

}  // namespace brume::front
