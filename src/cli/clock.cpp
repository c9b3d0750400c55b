#include <boost/json.hpp>
#include <cstdio>

#include "cli/commands.h"
#include "cli/run_task.h"
#include "net/client/http_client.h"

namespace brume::cli {
namespace json = boost::json;
namespace {

Task<json::object> ask(net::HttpClient& client, std::string endpoint, std::optional<std::string> by) {
  net::ClientRequest call;
  call.method = !by ? "GET" : "POST";
  call.url = endpoint + "/_brume/clock" + (!by ? "" : "?advance=" + *by);
  const net::Response answer = co_await client.send(std::move(call));
  boost::system::error_code broken;
  const json::value value = json::parse(answer.body, broken);
  const json::object body = !broken && value.is_object() ? value.as_object() : json::object();
  if (answer.status != 200) {
    const json::value* message = body.if_contains("message");
    throw std::runtime_error(message && message->is_string() ? std::string(message->as_string())
                                                             : "the server answered " + std::to_string(answer.status));
  }
  co_return body;
}

}  // namespace

int clock(const std::string& endpoint, const std::optional<std::string>& by) {
  try {
    if (by && by->find_first_not_of("0123456789.smhd") != by->npos)
      throw std::runtime_error(*by + ": no duration, as 90s or 2h");
    net::HttpClient client;
    const json::object now = run_task(ask(client, endpoint, by));
    std::printf("%s (%.0f s ahead)\n", json::value_to<std::string>(now.at("now")).c_str(),
                now.at("aheadSeconds").to_number<double>());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "brume: %s\n", error.what());
    return 1;
  }
}

}  // namespace brume::cli
