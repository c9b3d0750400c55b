// Credentials that requests are signed with: users' keys, and temporary ones with their end.
//
// Record under credential_key: AccessKeyId, SecretAccessKey, Account, Arn, UserId, and
//   of a user's key: UserName, Status, CreateDate;
//   of temporary ones: SessionToken, Expiration (Unix ms), RoleArn?, OnBehalfOf? (the service that got the role), Tags?.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/task.h"
#include "cluster/kept_records.h"
#include "iam/iam.h"
#include "iam/records.h"

namespace brume::iam {

StoredCredential credential_of(const json::object& record);

/// Thread-safe.
class Credentials {
 public:
  /// The arguments outlive the object.
  Credentials(store::Store& store, const Clock& clock, Random& random);

  /// See Iam::find_credential.
  Task<std::optional<StoredCredential>> find(std::string access_key_id);

  struct Session {
    std::string account;
    std::string arn;
    std::string user_id;
    json::object more;  ///< further members of the record
    std::chrono::seconds lifetime{};
  };
  /// Makes temporary credentials; durable on return. Also removes a few that expired long ago.
  Task<StoredCredential> issue(Session session);

  /// As issue(), but gives out again what `name` got while half of the lifetime is left and it is valid.
  Task<StoredCredential> issue_shared(std::string name, Session session);

  /// Removes all that expired long ago, in bounded transactions.
  Task<> purge();

 private:
  struct Known {
    StoredCredential credential;
    std::string role_key;  ///< of the role that a session is of and ends with; "" for others
  };
  using KnownPtr = std::shared_ptr<const Known>;

  Task<KnownPtr> read(std::string key);
  bool past_grace(const StoredCredential& credential) const;
  std::string purged_to();
  void purged(const std::string& last);

  store::Store& store_;
  const Clock& clock_;
  Random& random_;
  cluster::KeptRecords<Known> known_;  // by the credentials' key
  std::mutex mutex_;
  std::map<std::string, StoredCredential> shared_;  // given out last, by name; valid if find() says so
  std::string purged_to_;  // expiry records up to here are gone: a purge does not walk over them again
};

}  // namespace brume::iam
