#include <unistd.h>

#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <set>
#include <thread>

#include "base/crypto.h"
#include "base/time_text.h"
#include "cli/commands.h"
#include "cli/run_task.h"
#include "front/sigv4.h"
#include "net/client/http_client.h"

namespace brume::cli {
namespace json = boost::json;
namespace {

std::string variable(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value && *value ? value : otherwise;
}

/// Host and port of an endpoint URL, as the Host header has it.
std::string host_of(const std::string& url) {
  const auto begin = url.find("://");
  const std::string rest = begin == url.npos ? url : url.substr(begin + 3);
  return rest.substr(0, rest.find('/'));
}

/// A signed call of CloudWatch Logs. Without keys in the environment it is signed with ones that only an open server takes.
net::ClientRequest signed_call(const LogsOptions& options, std::string_view operation, std::string body) {
  const std::string target = "Logs_20140328." + std::string(operation);
  const std::string host = host_of(options.endpoint);
  const std::string token = variable("AWS_SESSION_TOKEN", "");
  front::SignatureFields fields;
  fields.access_key_id = variable("AWS_ACCESS_KEY_ID", "test");
  fields.timestamp = compact_time(std::chrono::system_clock::now());
  fields.date = fields.timestamp.substr(0, 8);
  fields.region = options.region;
  fields.service = "logs";
  fields.signed_headers = {"content-type", "host", "x-amz-date", "x-amz-target"};
  net::Request request;
  request.method = "POST";
  request.path = request.target = "/";
  request.body = body;
  request.headers = {{"content-type", "application/x-amz-json-1.1"},
                     {"host", host},
                     {"x-amz-date", fields.timestamp},
                     {"x-amz-target", target}};
  if (!token.empty()) {
    fields.signed_headers.insert(fields.signed_headers.begin() + 3, "x-amz-security-token");
    request.headers.push_back({"x-amz-security-token", token});
  }
  std::string names;
  for (const auto& name : fields.signed_headers) names += (names.empty() ? "" : ";") + name;
  const std::string signature =
      front::signature_of(request, fields, sha256_hex(body), variable("AWS_SECRET_ACCESS_KEY", "test"));
  net::ClientRequest call;
  call.method = "POST";
  call.url = options.endpoint + "/";
  for (const auto& header : request.headers) call.headers.emplace_back(header.name, header.value);
  call.headers.emplace_back("Authorization", "AWS4-HMAC-SHA256 Credential=" + fields.access_key_id + "/" + fields.date +
                                                 "/" + fields.region + "/logs/aws4_request, SignedHeaders=" + names +
                                                 ", Signature=" + signature);
  call.body = std::move(body);
  return call;
}

struct Page {
  json::array events;
  std::string next_token;
};

Task<Page> fetch(net::HttpClient& client, LogsOptions options, std::int64_t since, std::string token) {
  json::object input{{"logGroupName", "/aws/lambda/" + options.function}, {"startTime", since}};
  if (!token.empty()) input["nextToken"] = token;
  const net::Response answer = co_await client.send(signed_call(options, "FilterLogEvents", json::serialize(input)));
  const json::value value = json::parse(answer.body.empty() ? "{}" : answer.body);
  const json::object& output = value.as_object();
  if (answer.status != 200) {
    const json::value* message = output.if_contains("message");
    throw std::runtime_error(message ? json::value_to<std::string>(*message)
                                     : "the server answered " + std::to_string(answer.status));
  }
  Page page;
  if (const json::value* events = output.if_contains("events")) page.events = events->as_array();
  if (const json::value* next = output.if_contains("nextToken")) page.next_token = json::value_to<std::string>(*next);
  co_return page;
}

void print(const json::object& event) {
  std::string message = json::value_to<std::string>(event.at("message"));
  while (!message.empty() && message.back() == '\n') message.pop_back();
  std::printf("%s\n", message.c_str());
}

}  // namespace

int logs(const LogsOptions& options) {
  try {
    net::HttpClient client;
    std::int64_t since = (std::time(nullptr) - options.since.count() * 60) * 1000;
    std::set<std::string> seen;  // ids of events at the newest time stamps: they may come again
    while (true) {
      std::string token;
      do {
        Page page = run_task(fetch(client, options, since, token));
        for (const auto& value : page.events) {
          const json::object& event = value.as_object();
          if (!seen.insert(json::value_to<std::string>(event.at("eventId"))).second) continue;
          print(event);
        }
        token = page.next_token;
      } while (!token.empty());
      std::fflush(stdout);
      if (!options.follow) return 0;
      since = std::max(since, (std::time(nullptr) - 60) * 1000);  // events may arrive a little late
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "brume: %s\n", error.what());
    return 1;
  }
}

}  // namespace brume::cli
