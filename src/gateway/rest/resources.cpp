// Resources: the tree of paths.
#include <algorithm>
#include <map>

#include "gateway/errors.h"
#include "gateway/keys.h"
#include "gateway/rest/control.h"

namespace brume::gateway {

namespace {

bool part_character(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-' || c == ':';
}

bool variable(std::string_view part) { return part.starts_with('{'); }
bool greedy(std::string_view part) { return part.ends_with("+}"); }

void check_path_part(std::string_view part) {
  std::string_view inner = part;
  if (inner.size() > 2 && inner.front() == '{' && inner.back() == '}') {
    inner = inner.substr(1, inner.size() - 2);
    if (inner.size() > 1 && inner.ends_with('+')) inner.remove_suffix(1);
  }
  if (inner.empty() || !std::all_of(inner.begin(), inner.end(), part_character))
    throw bad_request(
        "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces "
        "at the beginning and the end.");
}

std::string join(std::string_view parent, std::string_view part) {
  return (parent == "/" ? std::string() : std::string(parent)).append("/").append(part);
}

/// May `part` stand under `parent`, beside what is there? `self` is not counted as a sibling.
void check_place(const std::vector<json::object>& resources, const json::object& parent, std::string_view part,
                 std::string_view self) {
  if (greedy(text_view(parent, "pathPart")))
    throw bad_request("Cannot create a child of a resource with a greedy path variable: " + text(parent, "pathPart"));
  for (const json::object& other : resources) {
    if (text_view(other, "parentId") != text_view(parent, "id") || text_view(other, "id") == self) continue;
    std::string_view theirs = text_view(other, "pathPart");
    if (theirs == part)
      throw conflict("Another resource with the same parent already has this name: " + std::string(part));
    if (variable(theirs) && variable(part))
      throw bad_request("A sibling (" + std::string(theirs) +
                        ") of this resource already has a variable path part -- only one is allowed");
  }
}

const json::object* find_resource(const std::vector<json::object>& resources, std::string_view id) {
  auto found =
      std::find_if(resources.begin(), resources.end(), [&](const json::object& r) { return text_view(r, "id") == id; });
  return found == resources.end() ? nullptr : &*found;
}

bool embeds(const json::object& input, std::string_view what) {
  const json::array* embed = array_member(input, "embed");
  return embed && std::find(embed->begin(), embed->end(), json::value(what)) != embed->end();
}

json::object output_of(json::object resource, bool with_methods) {
  erase_if_empty(resource, "resourceMethods");
  if (!with_methods)
    if (json::value* methods = resource.if_contains("resourceMethods"))
      for (auto& method : methods->as_object()) method.value() = json::object{};
  return resource;
}

/// Gives every resource below `id` its path anew.
void rewrite_paths(store::Transaction& transaction, const std::string& api, std::vector<json::object>& resources,
                   std::string_view id, std::string_view path) {
  for (json::object& resource : resources) {
    if (text_view(resource, "parentId") != id) continue;
    std::string own = join(path, text_view(resource, "pathPart"));
    resource["path"] = own;
    write_record(transaction, resource_key(api, text_view(resource, "id")), resource);
    rewrite_paths(transaction, api, resources, text_view(resource, "id"), own);
  }
}

bool is_below(const std::vector<json::object>& resources, std::string_view id, std::string_view ancestor) {
  for (const json::object* at = find_resource(resources, id); at;
       at = find_resource(resources, text_view(*at, "parentId")))
    if (text_view(*at, "id") == ancestor) return true;
  return false;
}

json::object move_resource(store::Transaction& transaction, const std::string& api,
                           std::vector<json::object>& resources, json::object resource,
                           const std::vector<Patch>& patches) {
  std::string id = text(resource, "id");
  for (const Patch& patch : patches) {
    only_replace_of(patch, {"/parentId", "/pathPart"});
    bool root = text_view(resource, "parentId").empty();
    std::string value = patch.value_or_empty();
    if (patch.at("pathPart")) {
      if (root) throw bad_request("Root resource cannot update its pathPart.");
      check_path_part(value);
      resource["pathPart"] = value;
    } else {
      if (root) throw bad_request("Root resource cannot update its parentId.");
      if (!find_resource(resources, value)) throw resource_not_found();
      if (is_below(resources, value, id)) throw bad_request("Resources cannot be cyclical.");
      resource["parentId"] = value;
    }
    const json::object* parent = find_resource(resources, text_view(resource, "parentId"));
    check_place(resources, *parent, text_view(resource, "pathPart"), id);
    resource["path"] = join(text_view(*parent, "path"), text_view(resource, "pathPart"));
  }
  write_record(transaction, resource_key(api, id), resource);
  rewrite_paths(transaction, api, resources, id, text_view(resource, "path"));
  return resource;
}

void erase_tree(store::Transaction& transaction, const std::string& api, const std::vector<json::object>& resources,
                const std::string& id) {
  for (const json::object& resource : resources)
    if (text_view(resource, "parentId") == id) erase_tree(transaction, api, resources, text(resource, "id"));
  transaction.erase(resource_key(api, id));
}

}  // namespace

Task<service::Reply> RestControl::create_resource(Call& call) {
  std::string api = input_text(call, "restApiId");
  return change(api, [this, scope = scope_of(call), api, id = new_id(6), parent_id = input_text(call, "parentId"),
                      part = input_text(call, "pathPart")](store::Transaction& transaction) {
    require_api(transaction, scope, api);
    json::object parent = require_resource(transaction, scope, api, parent_id);
    check_path_part(part);
    std::vector<json::object> resources = read_records(transaction, resource_prefix(api));
    check_place(resources, parent, part, {});
    if (resources.size() >= options_.resources_max)
      throw AwsError(kLimitExceeded,
                     "Maximum number of resources for this API has been reached. Please contact AWS if "
                     "you need additional resources.");
    json::object resource{{"id", id}, {"parentId", parent_id}, {"pathPart", part}};
    resource["path"] = join(text_view(parent, "path"), part);
    write_record(transaction, resource_key(api, id), resource);
    return resource;
  });
}

Task<service::Reply> RestControl::get_resource(Call& call) {
  return read([scope = scope_of(call), api = input_text(call, "restApiId"), id = input_text(call, "resourceId"),
               methods = embeds(call.input, "methods")](store::Reader& reader) {
    return output_of(require_resource(reader, scope, api, id), methods);
  });
}

Task<service::Reply> RestControl::get_resources(Call& call) {
  return read([scope = scope_of(call), api = input_text(call, "restApiId"), input = call.input](store::Reader& reader) {
    require_api(reader, scope, api);
    bool methods = embeds(input, "methods");
    std::map<std::string, json::object> by_path;
    for (json::object& resource : read_records(reader, resource_prefix(api))) {
      std::string path = text(resource, "path");
      by_path.emplace(std::move(path), output_of(std::move(resource), methods));
    }
    std::vector<std::string> paths;
    std::vector<json::object> items;
    for (auto& [path, resource] : by_path) {
      paths.push_back(path);
      items.push_back(std::move(resource));
    }
    return page(input, paths, std::move(items));
  });
}

Task<service::Reply> RestControl::update_resource(Call& call) {
  std::string api = input_text(call, "restApiId");
  return change(api, [scope = scope_of(call), api, id = input_text(call, "resourceId"),
                      patches = patches_of(call.input)](store::Transaction& transaction) {
    json::object resource = require_resource(transaction, scope, api, id);
    std::vector<json::object> resources = read_records(transaction, resource_prefix(api));
    return output_of(move_resource(transaction, api, resources, std::move(resource), patches), false);
  });
}

Task<service::Reply> RestControl::delete_resource(Call& call) {
  std::string api = input_text(call, "restApiId");
  return change(api,
                [scope = scope_of(call), api, id = input_text(call, "resourceId")](store::Transaction& transaction) {
                  json::object resource = require_resource(transaction, scope, api, id);
                  if (text_view(resource, "parentId").empty()) throw bad_request("Root resource cannot be deleted.");
                  erase_tree(transaction, api, read_records(transaction, resource_prefix(api)), id);
                  return json::object{};
                });
}

}  // namespace brume::gateway
