#include "front/body_limits.h"

namespace brume::front {
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

std::string too_long_text(const Target& target) {
  if (!target.model || target.model->name != "lambda" || !target.entry) return {};
  const std::size_t bytes = lambda_bytes_max(target.entry->shape->name);
  if (bytes == kPlain) return {};
  // Lambda's own limits, which it says of shorter ones, too.
  return "Request must be smaller than " + std::string(bytes == kPackage ? "70167211" : "6291456") + " bytes for the " +
         (bytes == kPackage ? std::string(target.entry->shape->name) : "InvokeFunction") + " operation";
}

std::size_t body_bytes_max(const Target& target) {
  if (!target.model) return kPlain;
  const std::string_view service = target.model->name;
  if (target.model->target_prefix.starts_with("DynamoDB")) return kDynamoDb;
  if (service == "logs") return kLogs;
  if (service == "apigateway") return kApiImport;
  if (service == "lambda" && target.entry) return lambda_bytes_max(target.entry->shape->name);
  return kPlain;
}

}  // namespace brume::front
