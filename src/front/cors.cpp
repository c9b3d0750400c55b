#include "front/cors.h"

namespace brume::front {

net::Response preflight(const net::Request& request) {
  net::Response response;
  response.headers = {{"Access-Control-Allow-Origin", "*"},
                      {"Access-Control-Allow-Methods", "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS"},
                      {"Access-Control-Max-Age", "172800"}};
  const auto headers = request.header_or_empty("access-control-request-headers");
  response.headers.emplace_back("Access-Control-Allow-Headers", headers.empty() ? "*" : std::string(headers));
  return response;
}

void allow_origin(net::Response& response) {
  response.headers.emplace_back("Access-Control-Allow-Origin", "*");
  response.headers.emplace_back("Access-Control-Expose-Headers",
                                "x-amzn-RequestId,x-amzn-ErrorType,x-amz-crc32,x-amz-request-id,Date");
}

}  // namespace brume::front
