// A Lambda whose operations are called through their rows, as the front door calls them.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/error.h"
#include "lambda/environment/pool_harness.h"
#include "lambda/lambda.h"
#include "lambda/testing/failing_store.h"
#include "lambda/testing/zip_writer.h"
#include "service/validate.h"
#include "store/testing/temporary_store.h"

namespace brume::lambda::testing {
namespace json = boost::json;

inline constexpr const char* kOwn = "111111111111";
inline constexpr const char* kOther = "222222222222";
inline constexpr const char* kArn = "arn:aws:lambda:us-east-1:111111111111:function:f";

class Roles final : public RoleSource {
 public:
  Task<std::variant<RoleCredentials, RoleRefusal>> assume(std::string role, std::string account, std::string) override {
    if (role.find(account) == role.npos) co_return RoleRefusal::other_account;
    if (role.ends_with("/absent")) co_return RoleRefusal::unusable;
    co_return RoleCredentials{{"id", "secret", "token"}, WallTime::max()};
  }
};

struct Answer {
  std::string code;  ///< "" when it worked
  std::string message;
  int status = 0;  ///< of an error, or what the reply says
  json::object output;
  std::string payload;
};

inline service::Caller user_of(const std::string& account) {
  return {.account = account, .access_key_id = "k", .arn = "arn:aws:iam::" + account + ":user/ann", .user_id = "u"};
}

inline Task<Answer> perform(const service::Service& service, std::string name, json::object input,
                            service::Caller caller, std::optional<std::string> payload) {
  Answer answer;
  try {
    for (const auto& row : service.operations) {
      if (row.name != name) continue;
      net::Request request;
      service::Call call;
      call.operation = &row;
      call.region = "us-east-1";
      call.caller = std::move(caller);
      call.request_id = "4ab2f5c8-0000-4000-8000-000000000000";
      call.http = &request;
      const auto& model = *service.model;
      if (row.check_first) row.check_first(input);
      service::validate(model, model.shape(model.operation(name)->input), input);
      call.input = std::move(input);
      call.payload = std::move(payload);
      service::Reply reply = co_await row.handler(call);
      answer.status = reply.status;
      answer.output = std::move(reply.output);
      answer.payload = reply.payload.value_or("");
      co_return answer;
    }
    answer.code = "no such operation";
  } catch (const AwsError& error) {
    answer.code = error.kind().code;
    answer.status = error.kind().status;
    answer.message = error.message();
  } catch (const store::StoreError& error) {
    answer.code = "StoreError";
    answer.message = error.what();
  }
  co_return answer;
}

/// Derived fixtures set `options` in their constructors.
class ControlPlane : public ::testing::Test {
 protected:
  ControlPlane() { options.change_delay = std::chrono::milliseconds(0); }
  void SetUp() override {
    loops.start();
    options.code_folder = folder.path() + "/code";
    options.endpoint_url = "http://127.0.0.1:1";
    lambda.emplace(store_that_fails, blocking, loops, clock, random, logs, roles, options);
    run(lambda->open());
    service = lambda->service();
  }
  void TearDown() override {
    run(lambda->close());
    lambda.reset();
    loops.stop();
    loops.join();
  }
  void run(Task<> task) {
    auto promise = std::make_shared<std::promise<void>>();
    spawn(loops.executor(0), keep_end(std::move(task), promise));
    promise->get_future().get();
  }

  Answer call(std::string name, json::object input, const std::string& account = kOwn,
              std::optional<std::string> payload = std::nullopt) {
    return call_as(user_of(account), std::move(name), std::move(input), std::move(payload));
  }
  Answer call_as(service::Caller caller, std::string name, json::object input,
                 std::optional<std::string> payload = std::nullopt) {
    auto promise = std::make_shared<std::promise<Answer>>();
    spawn(loops.executor(0),
          keep(perform(service, std::move(name), std::move(input), std::move(caller), std::move(payload)), promise));
    return promise->get_future().get();
  }

  static std::string zip(std::string text = "def handler(event, context): return event\n") {
    ZipWriter writer;
    return writer.add({"index.py", std::move(text)}).finish();
  }
  static json::object function(json::object more = {}, const char* account = kOwn) {
    json::object input{{"FunctionName", "f"},
                       {"Runtime", "python3.11"},
                       {"Handler", "index.handler"},
                       {"Role", std::string("arn:aws:iam::") + account + ":role/r"},
                       {"Code", {{"ZipFile", zip()}}}};
    for (auto& [key, value] : more) {
      if (value.is_null()) input.erase(key);
      else input[key] = value;
    }
    return input;
  }
  /// "CODE STATUS MESSAGE".
  static std::string said(const Answer& answer) {
    return answer.code.empty() ? "ok" : answer.code + " " + std::to_string(answer.status) + " " + answer.message;
  }

  Options options;
  store::testing::TemporaryStore store;
  FailingStore store_that_fails{*store};
  store::testing::TemporaryFolder folder;
  SystemClock clock;
  SystemRandom random;
  RecordingSink logs;
  Roles roles;
  BlockingPool blocking{2};
  Loops loops{1};
  std::optional<Lambda> lambda;
  service::Service service;
};

}  // namespace brume::lambda::testing
