// IAM's operations on users, roles, policies and keys: one function for each, on records in the store.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/task.h"
#include "iam/credentials.h"
#include "iam/keys.h"
#include "iam/records.h"
#include "service/call.h"

namespace brume::iam {

/// Thread-safe. All changes of one account run one after the other, so what one checks still holds when it commits.
/// Errors: AwsError with AWS's texts; StoreError.
class Control {
 public:
  using Reply = service::Reply;
  using Call = service::Call;

  Control(store::Store& store, const Clock& clock, Random& random, Credentials& credentials)
      : store_(store), clock_(clock), random_(random), credentials_(credentials) {}

  /// Runs one of the operations below. A server that takes credentials at their word makes every caller its root; a key
  /// that is known here still tells whose it is.
  Task<Reply> run(Task<Reply> (Control::*operation)(Call&), Call& call);

  // roles.cpp
  Task<Reply> create_role(Call& call);
  Task<Reply> get_role(Call& call);
  Task<Reply> list_roles(Call& call);
  Task<Reply> update_role(Call& call);
  Task<Reply> update_role_description(Call& call);
  Task<Reply> update_assume_role_policy(Call& call);
  Task<Reply> delete_role(Call& call);

  // users.cpp
  Task<Reply> create_user(Call& call);
  Task<Reply> get_user(Call& call);
  Task<Reply> list_users(Call& call);
  Task<Reply> update_user(Call& call);
  Task<Reply> delete_user(Call& call);

  // tags.cpp
  Task<Reply> tag_role(Call& call);
  Task<Reply> untag_role(Call& call);
  Task<Reply> list_role_tags(Call& call);
  Task<Reply> tag_user(Call& call);
  Task<Reply> untag_user(Call& call);
  Task<Reply> list_user_tags(Call& call);
  Task<Reply> tag_policy(Call& call);
  Task<Reply> untag_policy(Call& call);
  Task<Reply> list_policy_tags(Call& call);

  // inline_policies.cpp: of roles and users
  Task<Reply> put_inline_policy(Kind kind, Call& call);
  Task<Reply> get_inline_policy(Kind kind, Call& call);
  Task<Reply> list_inline_policies(Kind kind, Call& call);
  Task<Reply> delete_inline_policy(Kind kind, Call& call);

  // attachments.cpp: of managed policies to roles and users
  Task<Reply> attach_policy(Kind kind, Call& call);
  Task<Reply> detach_policy(Kind kind, Call& call);
  Task<Reply> list_attached_policies(Kind kind, Call& call);
  Task<Reply> list_entities_for_policy(Call& call);

  // policies.cpp
  Task<Reply> create_policy(Call& call);
  Task<Reply> get_policy(Call& call);
  Task<Reply> list_policies(Call& call);
  Task<Reply> delete_policy(Call& call);

  // policy_versions.cpp
  Task<Reply> create_policy_version(Call& call);
  Task<Reply> get_policy_version(Call& call);
  Task<Reply> list_policy_versions(Call& call);
  Task<Reply> delete_policy_version(Call& call);
  Task<Reply> set_default_policy_version(Call& call);

  // access_keys.cpp
  Task<Reply> create_access_key(Call& call);
  Task<Reply> list_access_keys(Call& call);
  Task<Reply> update_access_key(Call& call);
  Task<Reply> delete_access_key(Call& call);
  Task<Reply> get_access_key_last_used(Call& call);
  /// See Iam::create_access_key.
  Task<StoredCredential> create_key_for(std::string account, std::string user, std::string partition);

 private:
  /// Runs `body` with all changes of the account in line, and answers with what it returns. Bodies hold their
  /// arguments by value: ids and times are drawn before, since a body may run more than once.
  Task<Reply> change(std::string account, std::function<json::object(store::Transaction&)> body);
  Task<Reply> read(std::function<json::object(store::Reader&)> body);
  /// Whole seconds, as AWS tells them.
  double now() const { return static_cast<double>(unix_millis(clock_.now()) / 1000); }

  Task<Reply> tag_entity(Kind kind, Call& call);
  Task<Reply> untag_entity(Kind kind, Call& call);
  Task<Reply> list_entity_tags(Kind kind, Call& call);
  json::object new_user_record(std::string_view partition, const std::string& account, const std::string& path,
                               const std::string& name);
  json::object new_key_record(const std::string& account);

  store::Store& store_;
  const Clock& clock_;
  Random& random_;
  Credentials& credentials_;
};

/// The member that names a role or user: "RoleName", "UserName".
std::string_view name_member(Kind kind);
/// Errors: NoSuchEntity "The role with name … cannot be found."
json::object require_entity(store::Reader& reader, Kind kind, std::string_view account, std::string_view name);
/// The path, "/" by default. PermissionsBoundary is refused.
std::string checked_path(const json::object& input);
/// Does the record lie under the input's PathPrefix?
bool under_prefix(const json::object& input, const json::object& record);
/// Tags of a creation. Errors: InvalidInput for a key that comes twice.
void set_tags(json::object& record, const json::object& input);
/// Errors: DeleteConflict if inline or attached policies are left.
void require_no_policies(store::Reader& reader, Kind kind, std::string_view account, std::string_view name);
/// The name of the user whom a call is about: the input's, or the caller's own. Errors: ValidationError if the caller is
/// no user.
std::string user_name_of(const service::Call& call);

/// A managed policy, of the account or of AWS, as the model's Policy without counts.
std::optional<json::object> find_policy(store::Reader& reader, std::string_view account, const std::string& arn);
/// The same. Errors: InvalidInput for what is no ARN, NoSuchEntity.
json::object require_policy(store::Reader& reader, std::string_view account, const std::string& arn);
/// A policy of the account that may be changed. Errors: also AccessDenied for one of AWS or of another account.
json::object require_own_policy(store::Reader& reader, std::string_view account, const std::string& arn);
/// Well formed and not too long for a managed policy. Errors: MalformedPolicyDocument, LimitExceeded.
void check_managed_document(const std::string& document);
void write_policy(store::Transaction& transaction, std::string_view account, const json::object& policy);
/// The key record of a user that `body`s write: index and record.
void write_user_key(store::Transaction& transaction, const json::object& user, json::object record,
                    std::string_view account);
/// Adds a user. Errors: EntityAlreadyExists, LimitExceeded.
void add_user(store::Transaction& transaction, std::string_view account, const json::object& user);

}  // namespace brume::iam
