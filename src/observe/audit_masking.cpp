#include "observe/audit_masking.h"

#include <algorithm>
#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "base/text.h"

namespace brume::observe {
namespace json = boost::json;
namespace {

constexpr std::string_view kHidden = "HIDDEN_DUE_TO_SECURITY_REASONS";
constexpr std::size_t kTextMax = 2048;
constexpr std::size_t kListMax = 100;
constexpr std::size_t kTotalMax = 100 * 1024;

bool is_secret(std::string_view key) {
  const std::string name = lower(key);
  for (std::string_view part :
       {"password", "secretaccesskey", "secretkey", "secretstring", "secretbinary", "sessiontoken", "privatekey",
        "zipfile", "authtoken", "tokencode", "webidentitytoken", "samlassertion"})
    if (name.find(part) != std::string::npos) return true;
  return false;
}

/// Members that are maps: their keys are the caller's own and stay as they are.
bool is_map(std::string_view key) {
  const std::string name = lower(key);
  return name == "tags" || name == "variables" || name == "stagevariables" || name == "requestparameters" ||
         name == "responseparameters" || name == "requesttemplates" || name == "responsetemplates" ||
         name == "requestmodels" || name == "responsemodels" || name == "gatewayresponses";
}

class Masker {
 public:
  json::object object(const json::object& in, bool keep_keys) {
    json::object out;
    for (const auto& [name, value] : in) {
      const std::string_view key(name.data(), name.size());
      if (left_ == 0) {
        out["omitted"] = true;
        break;
      }
      std::string shown(key.substr(0, kTextMax));
      if (!keep_keys && !shown.empty()) shown[0] = lower(shown.substr(0, 1))[0];
      spend(shown.size() + 6);
      out[shown] = member(key, value);
    }
    return out;
  }

 private:
  json::value member(std::string_view key, const json::value& value) {
    if (is_secret(key)) return json::string(kHidden);
    // The variables of a function are its secrets as often as not; CloudTrail shows none of them.
    if (key == "Environment" && value.is_object()) return json::object();
    return masked(value, is_map(key));
  }

  json::value masked(const json::value& value, bool keep_keys) {
    if (const auto* nested = value.if_object()) return object(*nested, keep_keys);
    if (const auto* list = value.if_array()) {
      json::array out;
      for (const json::value& entry : *list) {
        if (out.size() >= kListMax || left_ == 0) break;
        out.push_back(masked(entry, keep_keys));
      }
      return out;
    }
    if (const auto* text = value.if_string()) return json::string(cut(std::string_view(text->data(), text->size())));
    spend(8);
    return value;
  }

  std::string cut(std::string_view text) {
    const std::size_t limit = std::min(kTextMax, left_);
    spend(text.size());
    if (text.size() <= limit) return std::string(text);
    std::size_t end = limit;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // not inside a character
    return std::string(text.substr(0, end)) + "...";
  }

  void spend(std::size_t bytes) { left_ -= std::min({left_, bytes, kTextMax}); }

  std::size_t left_ = kTotalMax;
};

}  // namespace

json::object masked_parameters(const json::object& input) { return Masker().object(input, false); }

}  // namespace brume::observe
