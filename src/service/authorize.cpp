#include "service/authorize.h"

#include "service/arn.h"

namespace brume::service {

std::vector<Access> wanted_by(const Entry& entry, const Call& call) {
  if (entry.row->resource_of) return entry.row->resource_of(entry, call);
  return {{std::string(entry.model->signing_name) + ":" + std::string(entry.shape->name), "*"}};
}

Failure access_denied(const ServiceModel& model, std::string message) {
  Failure failure;
  failure.code = model.protocol == Protocol::query ? "AccessDenied" : std::string(kAccessDenied.code);
  failure.status = model.protocol == Protocol::json ? kAccessDenied.status : 403;
  failure.type_namespace = kAccessDenied.type_namespace;
  failure.message = std::move(message);
  return failure;
}

std::optional<Failure> refuse_caller(const Entry& entry, const Call& call) {
  if (!entry.guarded || entry.row->effect != Effect::manage) return std::nullopt;
  if (call.caller.on_behalf_of != "lambda.amazonaws.com") return std::nullopt;
  const Access wanted = wanted_by(entry, call).front();
  return access_denied(*entry.model, not_authorized(call, wanted.action, wanted.resource, Silent::identity_policy));
}

}  // namespace brume::service
