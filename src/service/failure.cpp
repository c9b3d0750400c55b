#include "service/failure.h"

namespace brume::service {

bool is_dynamodb(const ServiceModel* model) { return model && model->target_prefix.starts_with("DynamoDB"); }

Failure failure_of(const ServiceModel& model, const AwsError& error) {
  Failure failure{std::string(error.kind().code), error.message(), error.kind().status,
                  error.kind().type_namespace,    error.members(), false};
  if (failure.code != kValidationException.code) return failure;
  const bool of_model = failure.message.find(" validation error") != std::string::npos;  // not what an operation says
  if (model.protocol == Protocol::query) failure.code = "ValidationError";
  else if (model.name == "logs" && of_model) failure.code = "InvalidParameterException";
  return failure;
}

Failure internal_failure(const ServiceModel* model) {
  if (is_dynamodb(model))
    return {"InternalServerError",
            "The request processing has failed because of an unknown error, exception or failure.", 500};
  if (model && model->protocol == Protocol::rest_json)
    return {"ServiceException", "An error occurred and the request cannot be processed.", 500};
  return {std::string(kInternalFailure.code),
          "The request processing has failed because of an unknown error, exception or failure.", 500, kCoralService};
}

Failure unavailable(const ServiceModel* model, const std::string& what) {
  if (is_dynamodb(model)) return {"InternalServerError", what, 500};
  const std::string_view name = model ? model->name : std::string_view();
  if (name == "lambda") return {"ServiceException", what, 500};
  if (name == "apigateway") return {"ServiceUnavailableException", what, 503};
  if (name == "logs") return {"ServiceUnavailableException", what, 500};
  if (name == "iam") return {"ServiceFailure", what, 500};
  return {std::string(kServiceUnavailable.code), what, kServiceUnavailable.status, kCoralService};
}

Failure not_supported(const Entry& entry) {
  return {std::string(kUnsupportedOperation.code),
          "Brume does not support " + std::string(entry.shape->name) + " of " + std::string(entry.model->service_id) +
              " yet",
          kUnsupportedOperation.status, kCoralService};
}

Failure too_large(const std::string& text) {
  return {std::string(kRequestTooLarge.code), text.empty() ? std::string(net::reason_phrase(413)) : text,
          kRequestTooLarge.status, kCoralService};
}

}  // namespace brume::service
