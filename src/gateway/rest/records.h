// Reading and writing the records of REST APIs inside store bodies.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_members.h"
#include "store/json_records.h"
#include "store/store.h"

namespace brume::gateway {

namespace json = boost::json;

/// Whose APIs a call may see: an API belongs to one account and region.
struct Scope {
  std::string account;
  std::string region;
};

/// The object member, created when absent.
json::object& object_at(json::object& object, std::string_view member);
/// Removes an object or array member that has become empty: AWS leaves such members out.
void erase_if_empty(json::object& object, std::string_view member);

using store::count_keys;
using store::key_suffixes;
using store::read_record;
using store::read_records;
using store::write_record;

/// nullopt when there is no such API or it belongs to another account or region.
std::optional<json::object> find_api(store::Reader& reader, const Scope& scope, std::string_view api);
/// Errors: NotFoundException "Invalid API identifier specified …".
json::object require_api(store::Reader& reader, const Scope& scope, std::string_view api);
/// Errors: NotFoundException "Invalid Resource identifier specified", for an unknown API too, as AWS has it.
json::object require_resource(store::Reader& reader, const Scope& scope, std::string_view api,
                              std::string_view resource);

/// Errors: NotFoundException "Invalid Method identifier specified".
json::object& require_method(json::object& resource, std::string_view http_method);
/// Errors: NotFoundException "Invalid Integration identifier specified".
json::object& require_integration(json::object& method);
/// Entry `status_code` of `responses`. Errors: NotFoundException "Invalid Response status code specified".
json::object& require_response(json::object& owner, std::string_view responses, std::string_view status_code);

/// The page of `items` that follows `position`: an output {items, position?}. `keys` are the items' sort
/// keys, ascending and distinct. Errors: BadRequestException for a position that is none.
json::object page(const json::object& input, const std::vector<std::string>& keys, std::vector<json::object> items);

}  // namespace brume::gateway
