#include "front/authorize.h"

#include "service/arn.h"

namespace brume::front {
using service::Protocol;

std::optional<Failure> refuse_caller(const Entry& entry, const service::Call& call) {
  if (!entry.guarded || entry.row->effect != service::Effect::manage) return std::nullopt;
  if (call.caller.on_behalf_of != "lambda.amazonaws.com") return std::nullopt;
  const service::ServiceModel& model = *entry.model;
  const std::string action = std::string(model.signing_name) + ":" + std::string(entry.shape->name);
  Failure failure;
  failure.code = model.protocol == Protocol::query ? "AccessDenied" : std::string(kAccessDenied.code);
  failure.status = model.protocol == Protocol::json ? kAccessDenied.status : 403;
  failure.type_namespace = kAccessDenied.type_namespace;
  // Which resource it is can be told when operations say so in their rows.
  failure.message = service::not_authorized(call, action, "*", service::Silent::identity_policy);
  return failure;
}

}  // namespace brume::front
