#include "net/websocket/extensions.h"

#include <charconv>
#include <vector>

#include "net/message/characters.h"
#include "net/message/http_message.h"

namespace brume::net {
namespace {

constexpr std::size_t kOffersMax = 16, kParametersMax = 16;
// RFC 7692 has 8 too, but zlib cannot compress with so little.
constexpr int kWindowBitsMin = 8, kWindowBitsUsable = 9, kWindowBitsMax = 15;

struct Parameter {
  std::string name;
  std::optional<std::string> value;
};
struct Offer {
  std::string name;
  std::vector<Parameter> parameters;
};

/// The grammar of RFC 6455, section 9.1.
class OfferReader {
 public:
  explicit OfferReader(std::string_view text) : rest_(text) {}

  std::optional<std::vector<Offer>> read() {
    std::vector<Offer> offers;
    while (true) {
      while (skip(',')) {}
      if (rest_.empty()) return offers;
      if (offers.size() == kOffersMax) return std::nullopt;
      Offer offer;
      if (!token(offer.name)) return std::nullopt;
      while (skip(';')) {
        Parameter parameter;
        if (offer.parameters.size() == kParametersMax || !token(parameter.name)) return std::nullopt;
        if (skip('=') && !value(parameter.value.emplace())) return std::nullopt;
        offer.parameters.push_back(std::move(parameter));
      }
      offers.push_back(std::move(offer));
      if (!rest_.empty() && rest_.front() != ',') return std::nullopt;
    }
  }

 private:
  void skip_space() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) rest_.remove_prefix(1);
  }
  bool skip(char c) {
    skip_space();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    skip_space();
    return true;
  }
  bool token(std::string& out) {
    std::size_t size = 0;
    while (size < rest_.size() && is_token(rest_[size])) ++size;
    out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    skip_space();
    return size > 0;
  }
  /// What is quoted must be a token too.
  bool value(std::string& out) {
    if (rest_.empty() || rest_.front() != '"') return token(out);
    rest_.remove_prefix(1);
    for (; !rest_.empty() && rest_.front() != '"'; rest_.remove_prefix(1)) {
      if (rest_.front() == '\\') rest_.remove_prefix(1);
      if (rest_.empty()) return false;
      out.push_back(rest_.front());
    }
    if (rest_.empty()) return false;
    rest_.remove_prefix(1);
    skip_space();
    return is_token(out);
  }

  std::string_view rest_;
};

std::optional<int> window_bits(const std::string& text) {
  int bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  const bool number = error == std::errc() && end == text.data() + text.size() && text.front() != '0';
  return number && bits >= kWindowBitsMin && bits <= kWindowBitsMax ? std::optional(bits) : std::nullopt;
}

std::optional<DeflateAgreement> take(const Offer& offer, DeflatePolicy policy) {
  if (!equal_ignoring_case(offer.name, "permessage-deflate")) return std::nullopt;
  bool server_forgets = false, client_forgets = false, client_bits = false;
  std::optional<int> server_bits;
  for (const auto& [name, value] : offer.parameters) {
    // Once each, known, and with the value that belongs to it: else the offer is to be declined.
    if (name == "server_no_context_takeover" && !value && !server_forgets) {
      server_forgets = true;
    } else if (name == "client_no_context_takeover" && !value && !client_forgets) {
      client_forgets = true;
    } else if (name == "server_max_window_bits" && value && !server_bits) {
      server_bits = window_bits(*value);
      if (server_bits.value_or(0) < kWindowBitsUsable) return std::nullopt;
    } else if (name == "client_max_window_bits" && !client_bits && (!value || window_bits(*value))) {
      client_bits = true;  // we can read the largest
    } else {
      return std::nullopt;
    }
  }
  if (policy == DeflatePolicy::each_message) server_forgets = client_forgets = true;
  DeflateAgreement agreed;
  agreed.terms = {!server_forgets, !client_forgets, server_bits.value_or(kWindowBitsMax)};
  agreed.answer = "permessage-deflate";
  if (server_forgets) agreed.answer += "; server_no_context_takeover";
  if (client_forgets) agreed.answer += "; client_no_context_takeover";
  if (server_bits) agreed.answer += "; server_max_window_bits=" + std::to_string(*server_bits);
  return agreed;
}

}  // namespace

std::optional<DeflateAgreement> agree_on_deflate(std::string_view offered, DeflatePolicy policy) {
  if (policy == DeflatePolicy::off) return std::nullopt;
  const auto offers = OfferReader(offered).read();
  if (!offers) return std::nullopt;
  for (const Offer& offer : *offers)
    if (auto agreed = take(offer, policy)) return agreed;
  return std::nullopt;
}

}  // namespace brume::net
