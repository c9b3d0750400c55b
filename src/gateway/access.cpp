#include "gateway/access.h"

#include "base/encoding.h"
#include "base/json_members.h"
#include "service/access.h"
#include "service/arn.h"

namespace brume::gateway {
namespace json = boost::json;
namespace {

/// The member that stands for a label of the path.
std::string_view label_value(const Entry& entry, const Call& call, std::string_view label) {
  for (const service::Member& member : entry.model->shape(entry.shape->input).members)
    if (member.location == service::Location::uri && member.wire_name == label)
      return text_view(call.input, member.name);
  return {};
}

std::string path(const Entry& entry, const Call& call) {
  std::string_view pattern = entry.shape->uri;
  pattern = pattern.substr(0, pattern.find('?'));
  std::string out;
  while (!pattern.empty()) {
    const std::size_t open = pattern.find('{'), close = pattern.find('}', open);
    out.append(pattern.substr(0, open));
    if (open == pattern.npos || close == pattern.npos) break;
    std::string_view label = pattern.substr(open + 1, close - open - 1);
    if (label.ends_with('+')) label.remove_suffix(1);
    // The documentation has ARNs encoded here, and nothing else needs it.
    out.append(percent_encode(label_value(entry, call, label)));
    pattern.remove_prefix(close + 1);
  }
  return out;
}

std::string_view role_of_patch(const json::value& operation) {
  const json::object* patch = operation.if_object();
  if (!patch || text_view(*patch, "op") == "remove") return {};
  const std::string_view path = text_view(*patch, "path");
  return path == "/credentials" || path == "/cloudwatchRoleArn" ? text_view(*patch, "value") : std::string_view();
}

}  // namespace

std::vector<Access> path_of(const Entry& entry, const Call& call) {
  // The account does not belong into these ARNs.
  return {{"apigateway:" + std::string(entry.shape->method),
           service::make_arn("apigateway", call.region, "", path(entry, call))}};
}

std::vector<Access> path_with_role(const Entry& entry, const Call& call) {
  std::vector<Access> list = path_of(entry, call);
  service::add_passed_role(list, text_view(call.input, "credentials"));
  if (const json::value* patches = member(call.input, "patchOperations"); patches && patches->is_array())
    for (const json::value& patch : patches->get_array()) service::add_passed_role(list, role_of_patch(patch));
  return list;
}

}  // namespace brume::gateway
