// Patch operations of the Update… calls: op, path as a JSON pointer, value.
// https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
#pragma once

#include <boost/json/object.hpp>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace brume::gateway {

struct Patch {
  std::string op;
  std::string path;                   ///< as sent
  std::vector<std::string> segments;  ///< between the slashes, ~1 and ~0 resolved
  std::optional<std::string> value;

  bool is(std::string_view name) const { return op == name; }
  /// Path "/name".
  bool at(std::string_view name) const { return segments.size() == 1 && segments[0] == name; }
  /// Path "/name/KEY"; the key is segments[1].
  bool under(std::string_view name) const {
    return segments.size() == 2 && segments[0] == name && !segments[1].empty();
  }
  const std::string& key() const { return segments[1]; }
  std::string value_or_empty() const { return value.value_or(std::string{}); }
  /// AWS reads any text but "true" as false.
  bool truth() const { return value && (*value == "true" || *value == "True" || *value == "TRUE"); }
};

/// The operations of member patchOperations. Errors: BadRequestException for a missing path.
std::vector<Patch> patches_of(const boost::json::object& input);

AwsError invalid_patch_path(const Patch& patch);  ///< "Invalid patch path /x"
/// Errors: BadRequestException "Invalid patch operation specified. Must be one of: [replace]".
void only_replace(const Patch& patch);
/// Errors: BadRequestException "Invalid patch operation specified. Must be 'add'|'remove'|'replace'".
void only_edits(const Patch& patch);
/// The entities that know nothing but replace. Errors: BadRequestException, with AWS's two texts (for the
/// wrong operation, for the wrong path); `paths` as they are to be listed.
void only_replace_of(const Patch& patch, std::initializer_list<std::string_view> paths);

/// Sets text member `name` by a replace; an empty or absent value removes it.
void replace_text(const Patch& patch, boost::json::object& record, std::string_view name);

}  // namespace brume::gateway
