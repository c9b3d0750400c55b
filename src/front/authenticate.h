// Who calls: the caller, region and account of a request in each mode.
#pragma once

#include <optional>
#include <variant>

#include "front/error_reply.h"
#include "front/front.h"
#include "service/call.h"

namespace brume::front {

struct Authenticated {
  service::Caller caller;
  std::string region;
  std::string service;  ///< of the signature's scope
};

/// Open mode: what the request claims. Touches no memory but the result's.
Authenticated take_at_word(const net::Request& request, const Options& options);

/// The other modes: verifies the signature with the key's secret. A failure has the code that the service's
/// protocol uses. The hash of a long body is computed on `compute`. Errors: PoolFull.
Task<std::variant<Authenticated, Failure>> verify(const net::Request& request, const service::ServiceModel* model,
                                                  CredentialStore& credentials, const Clock& clock,
                                                  BlockingPool* compute = nullptr);

/// No signature at all.
Failure missing_signature(const service::ServiceModel* model);
/// A sound signature, but for another service than `signing_name`.
Failure wrong_scope(const service::ServiceModel* model, std::string_view signing_name);

}  // namespace brume::front
