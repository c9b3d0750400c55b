// A front door for tests: echoing services, a clock and random numbers that repeat, credentials in a map.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <map>

#include "base/error.h"
#include "front/front.h"
#include "front/json_codec.h"

namespace brume::front {

inline constexpr std::string_view kTestKey = "AKIDEXAMPLE";
inline constexpr std::string_view kTestSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// Runs `task` to its end on a loop of its own.
template <class T>
T run_task(Task<T> task) {
  asio::io_context loop(1);
  std::optional<T> result;
  std::exception_ptr failure;
  asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error, T value) {
    failure = error;
    result.emplace(std::move(value));
  });
  loop.run();
  if (failure) std::rethrow_exception(failure);
  return std::move(*result);
}

/// A request that owns its texts.
struct TestRequest {
  std::string method = "POST";
  std::string target = "/";
  std::vector<net::Header> headers;
  std::string body;

  net::Request view() const {
    net::Request out;
    out.method = method;
    out.target = target;
    const auto mark = out.target.find('?');
    out.path = out.target.substr(0, mark);
    if (mark != std::string::npos) out.query = out.target.substr(mark + 1);
    for (const auto& [name, value] : headers) out.headers.push_back({name, value});
    out.body = body;
    return out;
  }
};

class TestCredentials final : public CredentialStore {
 public:
  Task<std::optional<Credential>> find(std::string access_key_id) override {
    if (broken) throw std::runtime_error("the store is gone");
    const auto found = keys.find(access_key_id);
    if (found == keys.end()) co_return std::nullopt;
    co_return found->second;
  }
  std::map<std::string, Credential> keys;
  bool broken = false;
};

class TestRecorder final : public service::Recorder {
 public:
  void count(const service::CallRecord& record) override {
    counted.push_back(std::string(record.operation) + " " + std::to_string(record.status) + " " +
                      std::string(record.error_code));
  }
  void count_bytes(const service::ServiceModel*, std::string_view, std::size_t request, std::size_t) override {
    bytes_in += request;
  }
  Task<> audit(const service::Call& call, const service::ServiceModel& model, int status, std::string_view error_code,
               std::string_view) override {
    if (broken) throw std::runtime_error("the audit log is full");
    audited.push_back(std::string(model.name) + "." + std::string(call.operation->name) + " " + std::to_string(status) +
                      " " + std::string(error_code));
    co_return;
  }
  std::vector<std::string> counted, audited;
  std::size_t bytes_in = 0;
  bool broken = false;
};

/// Every operation of every model, unless `unsupported` names it, answers with what `answer` makes of the call.
struct TestFront {
  using Answer = std::function<service::Reply(service::Call&)>;

  explicit TestFront(AuthMode mode = AuthMode::open) : front({.mode = mode}, clock, credentials, dispatcher, recorder) {
    credentials.keys[std::string(kTestKey)] = {
        std::string(kTestSecret), "", "111122223333", "arn:aws:iam::111122223333:user/ann", "AIDA", {}};
    for (const auto* model :
         {&service::dynamodb_model(), &service::dynamodbstreams_model(), &service::lambda_model(),
          &service::apigateway_model(), &service::iam_model(), &service::sts_model(), &service::logs_model()}) {
      dispatcher.add(service_of(*model));
      front.add(*model);
    }
  }

  service::Service service_of(const service::ServiceModel& model) {
    service::Service service;
    service.model = &model;
    service.guarded = model.name == "iam" || model.name == "lambda";
    for (const auto& shape : model.operations) {
      if (shape.name == "SearchVectors" || shape.name == "CreateBackup" || shape.name == "GetAccountSummary") continue;
      service::Operation row;
      row.name = shape.name;
      row.raw = shape.name == "PutItem" || shape.name == "GetItem";
      if (shape.name.starts_with("Create")) row.effect = service::Effect::manage;
      row.handler = [this](service::Call& call) { return handle(*this, call); };
      service.operations.push_back(std::move(row));
    }
    return service;
  }

  static Task<service::Reply> handle(TestFront& self, service::Call& call) {
    self.calls.push_back(std::string(call.operation->name));
    self.input = call.input;
    self.payload = call.payload;
    self.body = std::string(call.body);
    self.caller = call.caller;
    self.region = call.region;
    co_return self.answer(call);
  }

  net::Response send(const TestRequest& request) {
    const net::Request view = request.view();
    return run_task(front.handle(view));
  }
  net::Response json(std::string target, std::string text) {
    return send({"POST", "/", {{"Host", "localhost"}, {"X-Amz-Target", std::move(target)}}, std::move(text)});
  }
  net::Response dynamodb(const std::string& operation, std::string text) {
    return json("DynamoDB_20120810." + operation, std::move(text));
  }
  net::Response rest(std::string method, std::string target, std::string text = "",
                     std::vector<net::Header> headers = {}) {
    headers.emplace_back("Host", "localhost");
    return send({std::move(method), std::move(target), std::move(headers), std::move(text)});
  }
  net::Response form(std::string text) {
    return send(
        {"POST", "/", {{"Host", "localhost"}, {"Content-Type", "application/x-www-form-urlencoded"}}, std::move(text)});
  }

  ManualClock clock;  // 2023-11-14T22:13:20Z
  SeededRandom random{1};
  TestCredentials credentials;
  TestRecorder recorder;
  service::Dispatcher dispatcher{clock, random, recorder, json_text()};
  Front front;

  Answer answer = [](service::Call& call) {
    service::Reply reply;
    if (call.operation->raw) reply.raw = "{}";
    return reply;
  };
  std::vector<std::string> calls;  ///< the operations that ran
  boost::json::object input;       ///< of the last one, as are the following
  std::optional<std::string> payload;
  std::string body;
  service::Caller caller;
  std::string region;
};

inline boost::json::value json_of(std::string_view text) {
  return boost::json::parse(boost::json::string_view(text.data(), text.size()));
}

}  // namespace brume::front
