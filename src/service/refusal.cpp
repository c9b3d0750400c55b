#include "service/refusal.h"

namespace brume::service {
namespace json = boost::json;
namespace {

/// nullptr if any part of the path is not there.
const json::value* find(const json::object& input, std::string_view path) {
  const std::size_t dot = path.find('.');
  const json::value* value = input.if_contains(path.substr(0, dot));
  if (!value || value->is_null() || dot == path.npos) return value;
  const json::object* inner = value->if_object();
  return inner ? find(*inner, path.substr(dot + 1)) : nullptr;
}

bool means_something(const json::value& value) {
  if (value.is_null()) return false;
  if (value.is_string()) return !value.get_string().empty();
  if (value.is_bool()) return value.get_bool();
  if (value.is_array()) return !value.get_array().empty();
  return true;
}

}  // namespace

std::optional<std::string> refused_member(std::span<const Refusal> refused, const json::object& input) {
  for (const Refusal& refusal : refused) {
    const json::value* value = find(input, refusal.member);
    if (!value || !means_something(*value)) continue;
    if (!refusal.value.empty() && (!value->is_string() || std::string_view(value->get_string()) != refusal.value))
      continue;
    std::string words(refusal.member);
    if (!refusal.value.empty()) words.append(" ").append(refusal.value);
    return words.append(" (").append(refusal.feature).append(")");
  }
  return std::nullopt;
}

}  // namespace brume::service
