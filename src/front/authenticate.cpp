#include "front/authenticate.h"

#include "base/crypto.h"
#include "front/long_work.h"
#include "front/sigv4.h"
#include "service/arn.h"

namespace brume::front {
using service::Protocol;
using service::ServiceModel;
namespace {

enum class Reason { missing, incomplete, unknown_key, mismatch, expired_token };

/// The same failure has another name in each family of protocols.
Failure failure(const ServiceModel* model, Reason reason, std::string message) {
  const bool query = model && model->protocol == Protocol::query;
  const bool rest = model && model->protocol == Protocol::rest_json;
  const int status = query || rest ? 403 : 400;
  std::string code;
  switch (reason) {
    case Reason::missing: code = query ? "MissingAuthenticationToken" : "MissingAuthenticationTokenException"; break;
    case Reason::incomplete: code = query ? "IncompleteSignature" : "IncompleteSignatureException"; break;
    case Reason::unknown_key: code = query ? "InvalidClientTokenId" : "UnrecognizedClientException"; break;
    case Reason::mismatch: code = query ? "SignatureDoesNotMatch" : "InvalidSignatureException"; break;
    case Reason::expired_token: code = query ? "ExpiredToken" : "ExpiredTokenException"; break;
  }
  return {std::move(code), std::move(message), status, kCoralService, {}};
}

Reason reason_of(SignatureError error) {
  switch (error) {
    case SignatureError::missing: return Reason::missing;
    case SignatureError::incomplete: return Reason::incomplete;
    default: return Reason::mismatch;
  }
}

}  // namespace

Failure missing_signature(const ServiceModel* model) {
  return failure(model, Reason::missing, "Request is missing Authentication Token");
}

Failure wrong_scope(const ServiceModel* model, std::string_view signing_name) {
  return failure(model, Reason::mismatch,
                 "Credential should be scoped to correct service: '" + std::string(signing_name) + "'. ");
}

Authenticated take_at_word(const net::Request& request, const Options& options) {
  Authenticated out;
  out.region = options.default_region;
  out.caller.account = options.default_account;
  if (const auto scope = read_scope(request)) {
    if (!scope->region.empty() && scope->region.size() <= 32) out.region = scope->region;
    if (service::is_account(scope->access_key_id)) out.caller.account = scope->access_key_id;
    out.caller.access_key_id = scope->access_key_id;
  }
  return out;
}

Task<std::variant<Authenticated, Failure>> verify(const net::Request& request, const ServiceModel* model,
                                                  CredentialStore& credentials, const Clock& clock,
                                                  BlockingPool* compute) {
  SignatureProblem problem{SignatureError::missing, {}};
  std::optional<SignatureFields> fields = read_signature(request, problem);
  if (!fields) co_return failure(model, reason_of(problem.error), problem.message);
  std::optional<Credential> credential = co_await credentials.find(fields->access_key_id);
  const bool token_fits = credential && equal_constant_time(credential->session_token, fields->security_token);
  if (!credential || !credential->active || !token_fits)
    co_return failure(model, Reason::unknown_key, "The security token included in the request is invalid.");
  if (credential->expires && *credential->expires <= clock.now())
    co_return failure(model, Reason::expired_token, "The security token included in the request is expired");
  auto check = [&] { return verify_signature(request, *fields, credential->secret_access_key, clock.world()); };
  if (const auto wrong = co_await over_bytes(compute, request.body.size(), check))
    co_return failure(model, reason_of(wrong->error), wrong->message);
  if (model && fields->service != model->signing_name) co_return wrong_scope(model, model->signing_name);
  Authenticated out;
  out.region = fields->region;
  out.service = fields->service;
  out.caller = {credential->account, fields->access_key_id, credential->arn, credential->user_id,
                credential->on_behalf_of};
  co_return out;
}

}  // namespace brume::front
