#include "front/refusals.h"

#include "base/error.h"
#include "front/authenticate.h"
#include "front/sigv4.h"
#include "service/body_limits.h"

namespace brume::front {
using service::Protocol;
using service::ServiceModel;
namespace {

constexpr std::size_t kUnsignedBytesMax = 64 * 1024;  // those calls that need no signature are short

/// The names that clients know: those of 408 and 503 they take for "try again". Heads that are too long AWS answers with 400.
/// `too_long`: what is said of a body that is, "" for common words.
Failure failure_with(int status, const ServiceModel* model, const std::string& too_long) {
  const std::string text(net::reason_phrase(status));
  switch (status) {
    case 431: return {std::string(kSerializationException.code), text, 400, kCoralService, {}};
    case 408: return {"RequestTimeoutException", "The request's body came too slowly.", 408, kCoralService, {}};
    case 413: return service::too_large(too_long);
    case 503: {
      const bool long_name = model && model->error("ServiceUnavailableException");
      return {long_name ? "ServiceUnavailableException" : std::string(kServiceUnavailable.code),
              "The server holds as many long requests as it can; try again.",
              503,
              kCoralService,
              {}};
    }
    default:
      return {std::string(status >= 500 ? kInternalFailure.code : kSerializationException.code),
              text,
              status,
              kCoralService,
              {}};
  }
}

std::string_view name_of(const Target& target) { return target.entry ? target.entry->shape->name : std::string_view(); }

std::string signing_name_of(const net::Request& head) {
  const auto scope = read_scope(head);
  return std::string(scope ? scope->service : std::string_view());
}

}  // namespace

bool has_long_head(const net::Request& request) {
  constexpr std::size_t kHeadBytesMax = 16 * 1024;
  std::size_t bytes = request.target.size();
  if (bytes > kHeadBytesMax) return true;
  bytes = 0;
  for (const net::HeaderView& header : request.headers) bytes += header.name.size() + header.value.size() + 4;
  return bytes > kHeadBytesMax;
}

std::size_t body_bytes_max_of(const Target& target) { return service::body_bytes_max(target.model, name_of(target)); }

bool claims_signature(const net::Request& head) { return head.header("authorization") || is_presigned(head); }

std::size_t body_bytes_max_of(const net::Request& head, const Directory& directory, AuthMode mode) {
  if (mode != AuthMode::open && !claims_signature(head)) return kUnsignedBytesMax;
  return body_bytes_max_of(directory.find(head, {}, signing_name_of(head)));
}

net::Response refuse_unread(int status, const net::Request* head, const Directory& directory, AuthMode mode,
                            const std::string& request_id) {
  const ServiceModel* model = nullptr;
  std::string too_long;
  if (head) {
    const std::string signing_name = signing_name_of(*head);
    const Target target = directory.find(*head, {}, signing_name);
    model = target.model;
    too_long = service::too_long_text(target.model, name_of(target));
    if (!model) model = directory.query_model(signing_name);  // which operation of it, the body would have told
  }
  const bool unsigned_call = head && mode != AuthMode::open && !claims_signature(*head);
  const Failure failure = status == 413 && unsigned_call ? missing_signature(model)
                                                         : failure_with(status, model, too_long);
  net::Response response = encode_failure(model, failure, request_id);
  response.headers.emplace_back("x-amzn-RequestId", request_id);
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace brume::front
