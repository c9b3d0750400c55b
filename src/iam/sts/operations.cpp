#include "iam/operations.h"
#include "iam/sts/sts.h"

namespace brume::iam {

std::vector<service::Operation> sts_operations(Sts& sts) {
  using service::Effect;
  using Handler = Task<service::Reply> (Sts::*)(service::Call&);
  auto to = [&sts](Handler handler) -> service::OperationHandler {
    return [&sts, handler](service::Call& call) { return (sts.*handler)(call); };
  };
  return {
      {"GetCallerIdentity", Effect::read, to(&Sts::get_caller_identity)},
      {"GetAccessKeyInfo", Effect::read, to(&Sts::get_access_key_info)},
      {"GetSessionToken", Effect::manage, to(&Sts::get_session_token), false, "MFA"},
      {"AssumeRole", Effect::manage, to(&Sts::assume_role), false,
       "MFA; the caller's own policies; session policies (Policy, PolicyArns: refused by name)"},
  };
}

}  // namespace brume::iam
