// For unit tests: a gateway on a store in a temporary folder, with functions that answer as told.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "gateway/gateway.h"
#include "gateway/rest/records.h"
#include "net/client/http_client.h"
#include "store/testing/temporary_store.h"

namespace brume::gateway::testing {

namespace json = boost::json;
using store::testing::run_task;

/// Remembers its calls; answers with `result`.
class RecordingInvoker final : public FunctionInvoker {
 public:
  Task<FunctionResult> invoke(FunctionCall call) override {
    calls.push_back(std::move(call));
    co_return result;
  }
  json::object event() const { return json::parse(calls.back().payload).as_object(); }

  std::vector<FunctionCall> calls;
  FunctionResult result = FunctionAnswer{R"({"statusCode":200,"body":"ok"})"};
};

/// Knows the roles it is told of.
class TestRoles final : public RoleSource {
 public:
  Task<std::optional<std::string>> session(std::string role_arn, std::string account) override {
    asked.push_back(account + " " + role_arn);
    const auto found = sessions.find(role_arn);
    if (found == sessions.end()) co_return std::nullopt;
    co_return found->second;
  }
  std::map<std::string, std::string> sessions;
  std::vector<std::string> asked;
};

class RecordingRecorder final : public ApiRecorder {
 public:
  void count(const ApiAccess& access) override {
    seen.push_back(std::string(access.stage) + " " + std::string(access.method) + " " +
                   std::string(access.resource_path) + " " + std::to_string(access.status));
  }
  std::vector<std::string> seen;
};

/// A request whose views point into itself.
struct TestRequest {
  std::string method = "GET";
  std::string target = "/";
  std::vector<net::Header> headers;
  std::string body;

  net::Request view() const {
    net::Request request;
    std::string_view all = target;
    request.method = method;
    request.target = all;
    std::size_t mark = all.find('?');
    request.path = all.substr(0, mark);
    request.query = mark == std::string_view::npos ? std::string_view{} : all.substr(mark + 1);
    for (const auto& [name, value] : headers) request.headers.push_back({name, value});
    request.body = body;
    request.peer_address = "192.0.2.7";
    return request;
  }
};

class GatewayTest : public ::testing::Test {
 protected:
  GatewayTest() { open(); }

  void open() {
    Options options;
    options.recorder = &recorder;
    gateway = std::make_unique<Gateway>(*store, store.pool(), functions, roles, client, clock, random, options);
    rows = gateway->service().operations;
    run_task(gateway->open());
  }
  void restart() {
    gateway.reset();
    store.reopen();
    open();
  }

  /// Runs one operation of the table; errors come out.
  json::object call(std::string_view operation, json::value input = json::object{},
                    std::string account = "123456789012") {
    service::Call call;
    call.region = "eu-west-1";
    call.caller.account = std::move(account);
    call.input = input.as_object();
    for (const service::Operation& row : rows) {
      call.operation = &row;
      if (row.name == operation) return run_task(row.handler(call)).output;
    }
    ADD_FAILURE() << "no operation " << operation;
    return {};
  }
  /// "CODE: message" of the error that the operation ends with, or "" when it succeeds.
  std::string error(std::string_view operation, json::value input) {
    try {
      call(operation, std::move(input));
    } catch (const AwsError& error) {
      return std::string(error.kind().code) + ": " + error.message();
    }
    return {};
  }
  static std::string at(const json::object& object, std::string_view member) {
    return std::string(text_view(object, member));
  }

  /// An API with its root resource's id in `root`.
  std::string new_api(std::string name = "pets") {
    json::object api = call("CreateRestApi", {{"name", name}});
    root = at(api, "rootResourceId");
    return at(api, "id");
  }
  std::string new_resource(const std::string& api, const std::string& parent, std::string part) {
    return at(call("CreateResource", {{"restApiId", api}, {"parentId", parent}, {"pathPart", part}}), "id");
  }
  void new_method(const std::string& api, const std::string& resource, std::string method) {
    call("PutMethod",
         {{"restApiId", api}, {"resourceId", resource}, {"httpMethod", method}, {"authorizationType", "NONE"}});
  }
  void new_lambda(const std::string& api, const std::string& resource, std::string method,
                  std::string function = "arn:aws:lambda:eu-west-1:123456789012:function:echo") {
    new_method(api, resource, method);
    call("PutIntegration",
         {{"restApiId", api},
          {"resourceId", resource},
          {"httpMethod", method},
          {"type", "AWS_PROXY"},
          {"integrationHttpMethod", "POST"},
          {"uri", "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/" + function + "/invocations"}});
  }
  void deploy(const std::string& api, std::string stage = "prod") {
    call("CreateDeployment", {{"restApiId", api}, {"stageName", stage}});
  }

  net::Response send(const TestRequest& request) {
    net::Request view = request.view();
    auto address = address_of(view);
    if (!address) throw std::runtime_error("not an API's address");
    return run_task(gateway->serve({*address, &view, "11111111-2222-4333-8444-555555555555"}));
  }
  net::Response get(const std::string& api, const std::string& path, std::string method = "GET") {
    return send({method, path, {{"Host", api + ".execute-api.eu-west-1.localhost:4566"}}, ""});
  }

  store::testing::TemporaryStore store;
  RecordingInvoker functions;
  TestRoles roles;
  RecordingRecorder recorder;
  net::HttpClient client;
  ManualClock clock{WallTime(std::chrono::seconds(1'428'582'896))};
  SeededRandom random{42};
  std::unique_ptr<Gateway> gateway;
  std::vector<service::Operation> rows;
  std::string root;
};

}  // namespace brume::gateway::testing
