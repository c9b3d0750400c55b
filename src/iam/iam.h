// IAM and STS: users, roles, policies and the credentials that requests are signed with.
// https://docs.aws.amazon.com/IAM/latest/APIReference/ https://docs.aws.amazon.com/STS/latest/APIReference/
//
// Secrets: SigV4 is a keyed hash that both sides compute, so the server must know each secret access key itself and
// cannot keep a digest of it. Secrets and session tokens therefore lie readable in the store; whoever can read the data
// folder can sign as anybody. They are shown once, in the reply that makes them, and never logged.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/clock.h"
#include "base/random.h"
#include "base/task.h"
#include "service/operation.h"
#include "store/store.h"

namespace brume::iam {

/// What an access key id stands for.
struct StoredCredential {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  ///< of temporary credentials; else ""
  std::string account;  ///< 12 digits
  std::string arn;  ///< principal: …:user/…, …:assumed-role/ROLE/SESSION, …:root
  std::string user_id;  ///< as GetCallerIdentity shows it
  std::optional<WallTime> expires = {};  ///< of temporary credentials
  bool active = true;
  std::string on_behalf_of = {};  ///< the service that got the session's role, also through further roles; else ""
};

/// A service's wish to act as a role on behalf of something that belongs to an account.
struct ServiceRole {
  std::string role_arn;
  std::string account;  ///< owner of the function, the API …: the role must be of the same
  std::string service;  ///< "lambda.amazonaws.com"
  std::string session_name;
};
/// Why a service may not act as a role. A role of another account is never looked up.
enum class RoleRefusal : std::uint8_t { no_role_arn, other_account, absent, not_trusted };

struct Options {
  std::string default_account = "000000000000";  ///< where a call names no account
  /// Roles of the own account that nobody made are taken at their word: sessions of theirs are given. Those that exist
  /// are judged by their trust policy all the same, and those of other accounts must exist.
  bool any_role = false;
};

/// Thread-safe. Everything is durable before it is answered; a change is seen by every later call.
class Iam {
 public:
  /// The arguments outlive the object.
  Iam(store::Store& store, const Clock& clock, Random& random, Options options);
  ~Iam();
  Iam(const Iam&) = delete;
  Iam& operator=(const Iam&) = delete;

  /// Removes temporary credentials that expired long ago. Call it once, before the first request. Errors: StoreError.
  Task<> open();

  /// The rows' handlers refer to this object.
  service::Service iam_service();
  service::Service sts_service();

  /// A user's key or temporary credentials; nullopt if there is no such key. Expired ones are found for an hour longer,
  /// so that the caller can tell "expired" from "unknown". Known keys answer from memory. Errors: StoreError.
  Task<std::optional<StoredCredential>> find_credential(std::string access_key_id);

  /// A new key for a user, who is created if absent. Errors: AwsError (ValidationError for a bad name or account,
  /// LimitExceeded for a third key), StoreError.
  Task<StoredCredential> create_access_key(std::string account, std::string user, std::string partition = "aws");

  /// The ARN of the session that a service has as a role, if the role is of the right account, exists, and its trust
  /// policy lets the service assume it, as of now. Nothing is issued. Errors: StoreError.
  Task<std::variant<std::string, RoleRefusal>> session_of_service(ServiceRole wish);

  /// Temporary credentials for the same. Credentials given out before are given again to the same role, session and
  /// service while half of their lifetime is left. Errors: StoreError.
  Task<std::variant<StoredCredential, RoleRefusal>> issue_role_credentials(ServiceRole wish,
                                                                           std::chrono::seconds lifetime);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace brume::iam
