// Request lines of the REST services, through routing and decoding.
#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "front/rest_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace brume;
  static const front::RestRoutes lambda_routes(service::lambda_model());
  static const front::RestRoutes gateway_routes(service::apigateway_model());
  static constexpr std::string_view methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"};
  if (size < 1) return 0;
  net::Request request;
  request.method = methods[data[0] % std::size(methods)];
  request.target = {reinterpret_cast<const char*>(data) + 1, size - 1};
  const auto mark = request.target.find('?');
  request.path = request.target.substr(0, mark);
  if (mark != request.target.npos) request.query = request.target.substr(mark + 1);
  for (const bool lambda : {true, false}) {
    const auto match = (lambda ? lambda_routes : gateway_routes).match(request.method, request.path, request.query);
    if (!match) continue;
    service::Call call;
    call.http = &request;
    try {
      front::decode_rest(lambda ? service::lambda_model() : service::apigateway_model(), *match, request, call);
    } catch (const AwsError&) {  // refused
    }
  }
  return 0;
}
