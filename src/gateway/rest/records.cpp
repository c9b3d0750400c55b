#include "gateway/rest/records.h"

#include <algorithm>

#include "base/encoding.h"
#include "gateway/errors.h"
#include "gateway/keys.h"

namespace brume::gateway {

namespace {
constexpr std::int64_t kPageDefault = 25;
constexpr std::int64_t kPageMax = 500;
}  // namespace

json::object& object_at(json::object& object, std::string_view member) {
  json::value& value = object[member];
  if (!value.is_object()) value = json::object{};
  return value.get_object();
}

void erase_if_empty(json::object& object, std::string_view member) {
  const json::value* value = object.if_contains(member);
  if (!value) return;
  if ((value->is_object() && value->get_object().empty()) || (value->is_array() && value->get_array().empty()))
    object.erase(member);
}

std::optional<json::object> find_api(store::Reader& reader, const Scope& scope, std::string_view api) {
  if (!valid_identifier(api)) return std::nullopt;
  auto record = read_record(reader, api_key(api));
  if (record && (text_view(*record, "account") != scope.account || text_view(*record, "region") != scope.region))
    record.reset();
  return record;
}

json::object require_api(store::Reader& reader, const Scope& scope, std::string_view api) {
  auto record = find_api(reader, scope, api);
  if (!record) throw api_not_found(scope.account, api);
  return std::move(*record);
}

json::object require_resource(store::Reader& reader, const Scope& scope, std::string_view api,
                              std::string_view resource) {
  if (!valid_identifier(resource) || !find_api(reader, scope, api)) throw resource_not_found();
  auto record = read_record(reader, resource_key(api, resource));
  if (!record) throw resource_not_found();
  return std::move(*record);
}

json::object& require_method(json::object& resource, std::string_view http_method) {
  if (json::value* methods = resource.if_contains("resourceMethods"))
    if (json::value* method = methods->as_object().if_contains(http_method)) return method->as_object();
  throw method_not_found();
}

json::object& require_integration(json::object& method) {
  if (json::value* integration = method.if_contains("methodIntegration")) return integration->as_object();
  throw integration_not_found();
}

json::object& require_response(json::object& owner, std::string_view responses, std::string_view status_code) {
  if (json::value* all = owner.if_contains(responses))
    if (json::value* response = all->as_object().if_contains(status_code)) return response->as_object();
  throw response_not_found();
}

json::object page(const json::object& input, const std::vector<std::string>& keys, std::vector<json::object> items) {
  std::int64_t limit = kPageDefault;
  if (const json::value* given = input.if_contains("limit"); given && given->is_int64() && given->get_int64() > 0)
    limit = std::min(given->get_int64(), kPageMax);
  std::size_t first = 0;
  if (std::string_view position = text_view(input, "position"); !position.empty()) {
    auto after = base64_decode(position);
    if (!after) throw bad_request("Invalid position parameter specified");
    first = static_cast<std::size_t>(std::upper_bound(keys.begin(), keys.end(), *after) - keys.begin());
  }
  std::size_t end = std::min(items.size(), first + static_cast<std::size_t>(limit));
  json::array chosen;
  for (std::size_t i = first; i < end; ++i) chosen.push_back(std::move(items[i]));
  json::object output;
  if (end < items.size()) output["position"] = base64_encode(keys[end - 1]);
  output["items"] = std::move(chosen);
  return output;
}

}  // namespace brume::gateway
