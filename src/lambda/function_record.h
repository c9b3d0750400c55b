// A function's durable record, and what is made of it: the API's FunctionConfiguration and the spec that
// environments run.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "lambda/environment/function_spec.h"
#include "lambda/function_name.h"

namespace brume::lambda {

/// A tag that narrows how far the function's connections go.
inline constexpr std::string_view kNetworkTag = "brume:network";

struct FunctionRecord {
  FunctionId id;
  std::string runtime;
  std::string handler;
  std::string role;
  std::string description;
  std::uint32_t timeout_seconds = 3;
  std::uint32_t memory_mb = 128;
  std::uint32_t ephemeral_storage_mb = 512;
  std::string architecture = "x86_64";
  bool has_environment = false;  ///< Environment was given, perhaps empty: the reply shows it then
  std::map<std::string, std::string> environment;
  std::string log_group;
  std::string code_sha256;       ///< base64, names the package in the code store
  std::uint64_t code_bytes = 0;  ///< of the zip
  std::string last_modified;     ///< "2026-01-31T12:00:00.000+0000"
  std::string revision_id;       ///< UUID, new at every change
  std::string spec_revision;  ///< UUID, new when code or configuration change: what environments are told apart by
  /// Until then the change shows: as State Pending of a new function, else as LastUpdateStatus InProgress.
  WallTime settles_at{};
  bool is_new = false;  ///< that change made the function
  std::string settled_revision;  ///< the revision from then on
  std::optional<std::uint32_t> reserved_concurrency;
  boost::json::array policy;  ///< statements of the resource policy
  std::string policy_revision;  ///< UUID, new at every change of the policy; "" when there never was one
  std::map<std::string, std::string> tags;

  /// What the tag kNetworkTag says; absent: there is none. One that a former version took and nobody understands is `none`.
  std::optional<FunctionNetwork> network() const;

  std::string serialize() const;
  /// Members that an older version did not write get their defaults. Errors: store::StoreError if malformed.
  static FunctionRecord parse(std::string_view text);

  /// FunctionConfiguration as ListFunctions shows it: without states.
  boost::json::object configuration(WallTime now) const;
  /// Adds State, LastUpdateStatus and their reasons.
  void show_state(boost::json::object& configuration, WallTime now) const;

  bool settling(WallTime now) const { return now < settles_at; }
  const std::string& revision(WallTime now) const { return settling(now) ? revision_id : settled_revision; }
  std::shared_ptr<const FunctionSpec> spec(const std::string& code_folder) const;

  /// Marks a change of code or configuration, which shows for `delay`.
  void touch(Random& random, WallTime now, std::chrono::milliseconds delay);
  /// A new revision for a change that environments need not know of.
  void touch_revision(Random& random);
};

/// A record as loops serve from it: immutable, replaced as a whole.
struct Function {
  FunctionRecord record;
  std::shared_ptr<const FunctionSpec> spec;
  /// Why the record in the store cannot be used; "" for a sound one. `record` has nothing but its id then, and `spec` is
  /// null: the function can be deleted, everything else is an error.
  std::string damage = {};
};

}  // namespace brume::lambda
