#include "server/owner.h"

#include "service/arn.h"

namespace brume::server {

bool is_owner(const service::Caller& caller, std::string_view server_account) {
  const auto arn = service::Arn::parse(std::string_view(caller.arn));
  return caller.account == server_account && caller.on_behalf_of.empty() && arn && arn->service == "iam";
}

Task<iam::StoredCredential> create_key(iam::Iam& iam, observe::Audit& audit, const Clock& clock, KeyWish wish) {
  iam::StoredCredential made =
      co_await iam.create_access_key(wish.account, wish.user, std::string(service::partition_of(wish.region)));
  observe::AuditEvent event;
  event.account = made.account;
  event.region = std::move(wish.region);
  event.event_source = "iam.amazonaws.com";
  event.event_name = "CreateAccessKey";
  event.source_ip = "127.0.0.1";
  event.user_agent = "brume keys";
  event.request_parameters = {{"userName", wish.user}, {"accessKeyId", made.access_key_id}};
  event.time = clock.now();
  co_await audit.record(std::move(event));
  co_return made;
}

}  // namespace brume::server
