#include "gateway/rest/patch.h"

#include <algorithm>

#include "gateway/errors.h"
#include "gateway/rest/records.h"

namespace brume::gateway {

namespace {

std::string unescape(std::string_view segment) {
  std::string out;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] == '~' && i + 1 < segment.size() && (segment[i + 1] == '0' || segment[i + 1] == '1')) {
      out.push_back(segment[++i] == '1' ? '/' : '~');
    } else {
      out.push_back(segment[i]);
    }
  }
  return out;
}

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  while (true) {
    std::size_t slash = path.find('/');
    segments.push_back(unescape(path.substr(0, slash)));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

std::vector<Patch> patches_of(const json::object& input) {
  std::vector<Patch> patches;
  const json::array* operations = array_member(input, "patchOperations");
  if (!operations) return patches;
  for (const json::value& entry : *operations) {
    const json::object& operation = entry.as_object();
    const json::value* path = operation.if_contains("path");
    if (!path || !path->is_string()) throw bad_request("Invalid patch path null");
    Patch patch;
    patch.op = text_view(operation, "op");
    patch.path = text_view(operation, "path");
    patch.segments = split(patch.path);
    if (const json::value* value = operation.if_contains("value"); value && value->is_string())
      patch.value = std::string(value->get_string());
    patches.push_back(std::move(patch));
  }
  return patches;
}

AwsError invalid_patch_path(const Patch& patch) { return bad_request("Invalid patch path " + patch.path); }

void only_replace(const Patch& patch) {
  if (!patch.is("replace")) throw bad_request("Invalid patch operation specified. Must be one of: [replace]");
}

void only_edits(const Patch& patch) {
  if (!patch.is("add") && !patch.is("remove") && !patch.is("replace"))
    throw bad_request("Invalid patch operation specified. Must be 'add'|'remove'|'replace'");
}

void only_replace_of(const Patch& patch, std::initializer_list<std::string_view> paths) {
  if (!patch.is("replace"))
    throw bad_request("Invalid patch path  '" + patch.path + "' specified for op '" + patch.op +
                      "'. Please choose supported operations");
  if (std::find(paths.begin(), paths.end(), patch.path) != paths.end()) return;
  std::string list;
  for (std::string_view path : paths) list.append(list.empty() ? "" : ", ").append(path);
  throw bad_request("Invalid patch path  '" + patch.path + "' specified for op '" + patch.op + "'. Must be one of: [" +
                    list + "]");
}

void replace_text(const Patch& patch, json::object& record, std::string_view name) {
  if (patch.value && !patch.value->empty()) record[name] = *patch.value;
  else record.erase(name);
}

}  // namespace brume::gateway
