#include "gateway/pipeline/gateway_response.h"

#include <algorithm>
#include <array>
#include <string>

namespace brume::gateway {

net::Response gateway_response(const GatewayError& error) {
  net::Response response;
  response.status = error.status;
  response.headers.emplace_back("Content-Type", "application/json");
  response.headers.emplace_back("x-amzn-ErrorType", std::string(error.type));
  response.body.append(R"({"message":")").append(error.message).append(R"("})");
  return response;
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
