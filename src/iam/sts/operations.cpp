#include "iam/access.h"
#include "iam/errors.h"
#include "iam/operations.h"
#include "iam/sts/sts.h"
#include "service/access.h"

namespace brume::iam {

namespace {

/// Who narrows a session must not get one that can do everything.
constexpr service::Refusal kSessionRefused[] = {{"Policy", {}, "session policies"},
                                                {"PolicyArns", {}, "session policies"},
                                                {"ProvidedContexts", {}, "trusted context assertions"}};

}  // namespace

std::vector<service::Operation> sts_operations(Sts& sts) {
  using service::Effect;
  using Handler = Task<service::Reply> (Sts::*)(service::Call&);
  auto to = [&sts](Handler handler) -> service::OperationHandler {
    return [&sts, handler](service::Call& call) {
      if (const auto words = service::refused_member(call.operation->refused, call.input)) throw not_supported(*words);
      return (sts.*handler)(call);
    };
  };
  return {
      {"GetCallerIdentity", Effect::read, to(&Sts::get_caller_identity), service::no_resource},
      {"GetAccessKeyInfo", Effect::read, to(&Sts::get_access_key_info), service::no_resource},
      {"GetSessionToken", Effect::manage, to(&Sts::get_session_token), service::no_resource, false, "MFA"},
      {"AssumeRole", Effect::manage, to(&Sts::assume_role), assumed_role, false, "MFA; the caller's own policies",
       nullptr, kSessionRefused},
  };
}

}  // namespace brume::iam
