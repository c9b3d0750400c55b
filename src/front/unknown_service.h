// Calls to services of AWS that Brume does not have at all: which one is meant, and an answer that its clients can read.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "front/directory.h"
#include "front/error_reply.h"
#include "net/message/http_message.h"

namespace brume::front {

/// How a service's clients read errors.
enum class ErrorForm : std::uint8_t { json_1_0, json_1_1, rest_json, query, ec2, s3, cbor };

struct UnknownService {
  std::string name;  ///< as in the credential scope: "cloudformation"
  std::string operation;  ///< "CreateStack", or "PUT /bucket"
  ErrorForm form = ErrorForm::rest_json;

  /// "Brume does not have the service cloudformation (asked for CreateStack)", as UnsupportedOperationException.
  Failure refusal() const;
  net::Response encode(const Failure& failure, const std::string& request_id) const;
};

/// The service that `request`, whose `target` was found by `directory`, is for: nullopt if that is one of Brume's, or if
/// nothing tells. `body` is after decoding.
std::optional<UnknownService> unknown_service(const net::Request& request, std::string_view body, const Target& target,
                                              const Directory& directory, std::string_view signing_name);

}  // namespace brume::front
