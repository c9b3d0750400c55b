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
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/task.h"
#include "iam/iam.h"
#include "iam/records.h"

namespace brume::iam {

StoredCredential credential_of(const json::object& record);

/// Thread-safe.
class Credentials {
 public:
  Credentials(store::Store& store, const Clock& clock, Random& random)
      : store_(store), clock_(clock), random_(random) {}

  /// See Iam::find_credential.
  Task<std::optional<StoredCredential>> find(std::string access_key_id);

  /// To be called after a commit that changed or removed the records of these keys.
  void forget(const std::vector<std::string>& access_key_ids);

  /// To be called after a commit that removed what sessions stand on, a role. Nobody knows which they are.
  void forget_all();

  struct Session {
    std::string account;
    std::string arn;
    std::string user_id;
    json::object more;  ///< further members of the record
    std::chrono::seconds lifetime{};
  };
  /// Makes temporary credentials; durable on return. Also removes a few that expired long ago.
  Task<StoredCredential> issue(Session session);

  /// As issue(), but gives out again what `name` got while half of the lifetime is left.
  Task<StoredCredential> issue_shared(std::string name, Session session);

  /// Removes all that expired long ago, in bounded transactions.
  Task<> purge();

 private:
  using Cached = std::shared_ptr<const StoredCredential>;

  Cached cached(const std::string& access_key_id);
  bool past_grace(const StoredCredential& credential) const;
  std::string purged_to();
  void purged(const std::string& last);

  store::Store& store_;
  const Clock& clock_;
  Random& random_;
  std::mutex mutex_;
  std::uint64_t changes_ = 0;  // a record read before a change is not cached after it
  std::unordered_map<std::string, Cached> cache_;
  std::map<std::string, Cached> shared_;
  std::string purged_to_;  // expiry records up to here are gone: a purge does not walk over them again
};

}  // namespace brume::iam
