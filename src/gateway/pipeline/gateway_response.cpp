#include "gateway/pipeline/gateway_response.h"

#include "gateway/gateway.h"

#include <algorithm>
#include <array>
#include <string>

namespace brume::gateway {

net::Response gateway_response(const GatewayError& error) {
  net::Response response;
  response.status = error.status;
  response.headers.emplace_back("Content-Type", "application/json");
  response.headers.emplace_back("x-amzn-ErrorType", std::string(error.type));
  // What AWS says of integrations that fail has a space; what it says of requests has none.
  const std::string_view separator = error.status >= 500 && error.status != kOverloaded.status ? ": " : ":";
  response.body.append(R"({"message")").append(separator).append("\"").append(error.message).append(R"("})");
  return response;
}

net::Response refusal(int status) {
  switch (status) {
    case 408: return gateway_response(kRequestTimeout);
    case 413: return gateway_response(kRequestTooLong);
    case 503: {
      net::Response response = gateway_response(kOverloaded);
      response.headers.emplace_back("Retry-After", "1");
      return response;
    }
    default: break;
  }
  if (status >= 500) return gateway_response({status, kConfigurationError.message, kConfigurationError.type});
  return gateway_response({status, net::reason_phrase(status), kBadParameters.type});
}

void add_integration_header(net::Response& response, std::string name, std::string value) {
  constexpr std::array<std::string_view, 7> kRemapped = {
      "Connection", "Content-Length", "Date", "Server", "WWW-Authenticate", "x-amzn-RequestId", "x-amz-apigw-id"};
  constexpr std::array<std::string_view, 3> kDropped = {"Transfer-Encoding", "Via", "Keep-Alive"};
  auto is_name = [&](std::string_view known) { return net::equal_ignoring_case(known, name); };
  if (std::any_of(kDropped.begin(), kDropped.end(), is_name)) return;
  auto remapped = std::find_if(kRemapped.begin(), kRemapped.end(), is_name);
  if (remapped != kRemapped.end()) name = "x-amzn-Remapped-" + std::string(*remapped);
  response.headers.emplace_back(std::move(name), std::move(value));
}

}  // namespace brume::gateway
