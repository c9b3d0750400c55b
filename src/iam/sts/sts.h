// STS: temporary credentials, and who a caller is.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html
//
// A caller may assume a role if the role's trust policy says so. What the caller's own policies allow is not asked, as
// for every other operation.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <variant>

#include "base/clock.h"
#include "base/task.h"
#include "iam/credentials.h"
#include "service/call.h"

namespace brume::iam {

/// Thread-safe. Errors: AwsError with AWS's texts; StoreError.
class Sts {
 public:
  using Reply = service::Reply;
  using Call = service::Call;

  Sts(store::Store& store, const Clock& clock, Credentials& credentials, bool any_role)
      : store_(store), clock_(clock), credentials_(credentials), any_role_(any_role) {}

  Task<Reply> get_caller_identity(Call& call);
  Task<Reply> get_access_key_info(Call& call);
  Task<Reply> get_session_token(Call& call);
  Task<Reply> assume_role(Call& call);

  /// See Iam.
  Task<std::variant<std::string, RoleRefusal>> session_of_service(ServiceRole wish);
  Task<std::variant<StoredCredential, RoleRefusal>> issue_for_service(ServiceRole wish, std::chrono::seconds lifetime);

 private:
  /// Who calls. A server that takes credentials at their word makes every caller its root; a key that is known here
  /// still tells whose it is.
  struct Identity {
    std::string account, arn, user_id;
    bool temporary = false;
  };
  Task<Identity> identify(service::Caller caller);
  /// The record of a role that nobody made, where any role of the own account is taken at its word, with one warning in the
  /// log for each. `role_arn` could be a role's, and its name is nobody's.
  std::optional<json::object> taken_at_its_word(const std::string& role_arn, std::string_view account);
  /// The record of the role that `wish` names, if the service may have it.
  Task<std::variant<json::object, RoleRefusal>> role_of(const ServiceRole& wish);
  Credentials::Session role_session(const json::object& role, const std::string& session_name, json::object more,
                                    std::chrono::seconds lifetime) const;

  store::Store& store_;
  const Clock& clock_;
  Credentials& credentials_;
  const bool any_role_;
  std::mutex mutex_;
  std::set<std::string> warned_;  ///< guarded by mutex_
};

}  // namespace brume::iam
