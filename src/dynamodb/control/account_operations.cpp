// Operations that tell about the account or the service.
#include "dynamodb/control/table_operations.h"

namespace brume::dynamodb {
namespace json = boost::json;

Task<service::Reply> describe_limits(State&, service::Call&) {
  service::Reply reply;
  // The quotas of a new AWS account.
  reply.output = {{"AccountMaxReadCapacityUnits", 80'000},
                  {"AccountMaxWriteCapacityUnits", 80'000},
                  {"TableMaxReadCapacityUnits", 40'000},
                  {"TableMaxWriteCapacityUnits", 40'000}};
  co_return reply;
}

Task<service::Reply> describe_endpoints(State&, service::Call& call) {
  // The address by which the client came: a client with endpoint discovery goes on using it.
  std::string address = "dynamodb." + call.region + ".amazonaws.com";
  if (call.http)
    if (auto host = call.http->header("Host")) address = *host;
  service::Reply reply;
  reply.output["Endpoints"] = json::array{json::object{{"Address", address}, {"CachePeriodInMinutes", 1440}}};
  co_return reply;
}

}  // namespace brume::dynamodb
