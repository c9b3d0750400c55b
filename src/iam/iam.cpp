#include "iam/iam.h"

#include "iam/control.h"
#include "iam/credentials.h"
#include "iam/operations.h"
#include "iam/sts/sts.h"

namespace brume::iam {

struct Iam::Parts {
  Parts(store::Store& s, const Clock& c, Random& r, Options o)
      : store(s),
        clock(c),
        options(std::move(o)),
        credentials(s, c, r),
        control(s, c, r, credentials),
        sts(s, c, credentials, options.any_role) {}

  store::Store& store;
  const Clock& clock;
  Options options;
  Credentials credentials;
  Control control;
  Sts sts;
};

Iam::Iam(store::Store& store, const Clock& clock, Random& random, Options options)
    : parts_(std::make_unique<Parts>(store, clock, random, std::move(options))) {}
Iam::~Iam() = default;

Task<> Iam::open() {
  co_await parts_->credentials.purge();
  const json::object installation{{"CreateDate", static_cast<double>(unix_millis(parts_->clock.now()) / 1000)}};
  auto body = [&](store::Transaction& transaction) {
    if (!read_record(transaction, installation_key())) write_record(transaction, installation_key(), installation);
  };
  co_await parts_->store.run(store::lock_on(installation_key()), body);
}

service::Service Iam::iam_service() { return {&service::iam_model(), iam_operations(parts_->control), true}; }
service::Service Iam::sts_service() { return {&service::sts_model(), sts_operations(parts_->sts)}; }

Task<std::optional<StoredCredential>> Iam::find_credential(std::string access_key_id) {
  return parts_->credentials.find(std::move(access_key_id));
}

Task<StoredCredential> Iam::create_access_key(std::string account, std::string user, std::string partition) {
  if (account.empty()) account = parts_->options.default_account;
  return parts_->control.create_key_for(std::move(account), std::move(user), std::move(partition));
}

Task<std::variant<std::string, RoleRefusal>> Iam::session_of_service(ServiceRole wish) {
  return parts_->sts.session_of_service(std::move(wish));
}

Task<std::variant<StoredCredential, RoleRefusal>> Iam::issue_role_credentials(ServiceRole wish,
                                                                              std::chrono::seconds lifetime) {
  return parts_->sts.issue_for_service(std::move(wish), lifetime);
}

}  // namespace brume::iam
