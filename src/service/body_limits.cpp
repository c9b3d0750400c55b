#include "service/body_limits.h"

namespace brume::service {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;

constexpr std::size_t kPlain = 2 * kMiB;
constexpr std::size_t kDynamoDb = 16 * kMiB;  // AWS's
constexpr std::size_t kLogs = 8 * kMiB;       // AWS: 1 MiB of events, whose text may be escaped sixfold
constexpr std::size_t kInvoke = 16 * kMiB;    // AWS: 6 MB
constexpr std::size_t kPackage = 80 * kMiB;   // AWS: 50 MB of zip, here in base64
constexpr std::size_t kApiImport = 8 * kMiB;  // AWS: 6 MB

std::size_t lambda_bytes_max(std::string_view operation) {
  if (operation == "CreateFunction" || operation == "UpdateFunctionCode" || operation == "PublishLayerVersion")
    return kPackage;
  return operation.starts_with("Invoke") ? kInvoke : kPlain;
}

}  // namespace

std::string too_long_text(const ServiceModel* model, std::string_view operation) {
  if (!model || model->name != "lambda" || operation.empty()) return {};
  const std::size_t bytes = lambda_bytes_max(operation);
  if (bytes == kPlain) return {};
  // Lambda's own limits, which it says of shorter ones, too.
  return "Request must be smaller than " + std::string(bytes == kPackage ? "70167211" : "6291456") + " bytes for the " +
         (bytes == kPackage ? std::string(operation) : "InvokeFunction") + " operation";
}

std::size_t body_bytes_max(const ServiceModel* model, std::string_view operation) {
  if (!model) return kPlain;
  if (model->target_prefix.starts_with("DynamoDB")) return kDynamoDb;
  if (model->name == "logs") return kLogs;
  if (model->name == "apigateway") return kApiImport;
  if (model->name == "lambda") return lambda_bytes_max(operation);
  return kPlain;
}

}  // namespace brume::service
