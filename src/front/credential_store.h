// What the front door needs of IAM: the secret behind an access key. server/ connects it.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/task.h"

namespace brume::front {

struct Credential {
  std::string secret_access_key;
  std::string session_token;  ///< of temporary credentials; else ""
  std::string account;
  std::string arn;
  std::string user_id;
  std::optional<WallTime> expires;
  bool active = true;
  std::string on_behalf_of = {};  ///< the service that got the session's role; see service::Caller
};

class CredentialStore {
 public:
  virtual ~CredentialStore() = default;
  /// nullopt: no such key. Runs on the caller's loop.
  virtual Task<std::optional<Credential>> find(std::string access_key_id) = 0;
};

}  // namespace brume::front
