// A dispatcher for tests: rows that answer as the test says, a recorder that remembers.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "service/dispatcher.h"

namespace brume::service {

inline Caller ann() {
  return {.account = "111122223333",
          .access_key_id = "AKIDEXAMPLE",
          .arn = "arn:aws:iam::111122223333:user/ann",
          .user_id = "AIDA"};
}

/// JSON as it is, with none of the protocol's conversions.
class PlainJson final : public JsonText {
 public:
  boost::json::object read(const ServiceModel&, const Shape&, std::string_view text) const override {
    return boost::json::parse(boost::json::string_view(text.data(), text.size())).as_object();
  }
  std::string write(const ServiceModel&, const Shape&, const boost::json::object& members) const override {
    return boost::json::serialize(members);
  }
};

class RememberingRecorder final : public Recorder {
 public:
  void count(const CallRecord& record) override {
    std::string line = std::string(record.model ? record.model->name : "-") + " " + std::string(record.operation) +
                       " " + std::to_string(record.status) + " " + std::string(record.error_code);
    for (const Usage& usage : record.usage) line += " " + usage.resource;
    counted.push_back(std::move(line));
  }
  void count_bytes(const ServiceModel*, std::string_view, std::size_t, std::size_t) override {}
  Task<> audit(const Call& call, const ServiceModel& model, int status, std::string_view error_code,
               std::string_view) override {
    if (broken) throw std::runtime_error("the audit log is full");
    audited.push_back(std::string(model.name) + "." + std::string(call.operation->name) + " " + std::to_string(status) +
                      " " + std::string(error_code));
    co_return;
  }
  std::vector<std::string> counted, audited;
  bool broken = false;
};

struct DispatchFixture {
  explicit DispatchFixture(Authorizer* a = nullptr) : authorizer(a) { build(); }

  /// Again, after `resource_of` was set.
  void build() {
    dispatcher = std::make_unique<Dispatcher>(clock, random, recorder, json, authorizer);
    for (const auto& [model, names] :
         {std::pair{&dynamodb_model(), std::vector<std::string_view>{"PutItem", "ListTables"}},
          {&lambda_model(), std::vector<std::string_view>{"GetFunction", "Invoke"}},
          {&iam_model(), std::vector<std::string_view>{"CreateUser"}}}) {
      Service service{model, {}, false};
      for (const std::string_view name : names) {
        Operation row;
        row.name = name;
        row.raw = name == "PutItem";
        if (name.starts_with("Create")) row.effect = Effect::manage;
        row.resource_of = resource_of;
        row.handler = [this](Call& call) { return handle(*this, call); };
        service.operations.push_back(std::move(row));
      }
      dispatcher->add(std::move(service));
    }
  }

  static Task<Reply> handle(DispatchFixture& self, Call& call) {
    self.ran.emplace_back(call.operation->name);
    self.caller = call.caller;
    self.region = call.region;
    co_return self.answer(call);
  }

  Outcome call(InsideCall wish) {
    asio::io_context loop(1);
    Outcome result;
    asio::co_spawn(loop, dispatcher->call(std::move(wish)), [&](std::exception_ptr error, Outcome value) {
      if (error) std::rethrow_exception(error);
      result = std::move(value);
    });
    loop.run();
    return result;
  }

  ManualClock clock;
  SeededRandom random{1};
  RememberingRecorder recorder;
  PlainJson json;
  Authorizer* authorizer;
  AccessOf resource_of = nullptr;
  std::unique_ptr<Dispatcher> dispatcher;

  std::function<Reply(Call&)> answer = [](Call&) { return Reply(); };
  std::vector<std::string> ran;
  Caller caller;
  std::string region;
};

}  // namespace brume::service
