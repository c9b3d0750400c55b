// For the tests of this folder: an Observe on a temporary store, called as the front door does.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <boost/json.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <optional>

#include "base/error.h"
#include "base/loops.h"
#include "cluster/testing/test_node.h"
#include "observe/observe.h"
#include "store/testing/temporary_store.h"

namespace brume::observe {

/// A clock that tests move by hand while other threads read it.
class SharedClock final : public Clock {
 public:
  WallTime now() const override { return WallTime(std::chrono::milliseconds(millis_.load())); }
  SteadyTime monotonic() const override { return SteadyTime(std::chrono::milliseconds(millis_.load())); }
  void advance(std::chrono::milliseconds by) { millis_ += by.count(); }

 private:
  std::atomic<std::int64_t> millis_ = 1'750'000'000'000;
};

class ObserveTest : public ::testing::Test {
 protected:
  ObserveTest() : loops_(2) {
    loops_.start();
    open();
  }
  ~ObserveTest() override {
    if (observe) close();
    loops_.stop();
    loops_.join();
  }

  void open() {
    node_.emplace(*store, clock);
    observe = std::make_unique<Observe>(*store, loops_.executor(0), clock, random_, node_->leases, options_);
    rows_ = observe->logs_service();
    run(observe->open());
  }
  void close() {
    run(observe->close());
    observe.reset();
  }
  void restart() {
    close();
    store.reopen();
    open();
  }

  /// Runs a task on the second loop (the background is on the first) and waits for it.
  template <class T>
  T run(Task<T> task) {
    return asio::co_spawn(loops_.executor(1), std::move(task), asio::use_future).get();
  }
  void run(Task<> task) { asio::co_spawn(loops_.executor(1), std::move(task), asio::use_future).get(); }

  /// The answer, or {"error": "Code: message"}.
  boost::json::object call(std::string_view operation, boost::json::object input) {
    const service::Operation* row = nullptr;
    for (const auto& candidate : rows_.operations)
      if (candidate.name == operation) row = &candidate;
    if (!row) throw std::logic_error("no such operation");
    service::Call call;
    call.operation = row;
    call.region = "us-east-1";
    call.caller.account = "000000000000";
    call.input = std::move(input);
    try {
      return run(row->handler(call)).output;
    } catch (const AwsError& error) {
      return {{"error", std::string(error.kind().code) + ": " + error.message()}};
    } catch (const Unavailable& error) {
      return {{"error", std::string("Unavailable: ") + error.what()}};
    }
  }
  boost::json::object ok(std::string_view operation, boost::json::object input) {
    boost::json::object out = call(operation, std::move(input));
    EXPECT_FALSE(out.contains("error")) << operation << ": " << boost::json::serialize(out);
    return out;
  }
  std::string error(std::string_view operation, boost::json::object input) {
    const boost::json::object out = call(operation, std::move(input));
    const auto* text = out.if_contains("error");
    return text ? boost::json::value_to<std::string>(*text) : "answered " + boost::json::serialize(out);
  }

  std::int64_t now() const { return unix_millis(clock.now()); }
  void append(std::string stream, std::vector<LogEvent> events) {
    observe->logs().append("000000000000", "us-east-1", "/aws/lambda/fn", std::move(stream), std::move(events));
  }
  void group_and_stream() {
    ok("CreateLogGroup", {{"logGroupName", "g"}});
    ok("CreateLogStream", {{"logGroupName", "g"}, {"logStreamName", "s"}});
  }
  boost::json::object put(std::vector<LogEvent> events) {
    boost::json::array list;
    for (const auto& event : events)
      list.push_back({{"timestamp", event.timestamp_millis}, {"message", event.message}});
    return call("PutLogEvents", {{"logGroupName", "g"}, {"logStreamName", "s"}, {"logEvents", std::move(list)}});
  }
  /// Messages of an answer's events, joined by blanks.
  static std::string messages(const boost::json::object& out) {
    std::string text;
    for (const auto& event : out.at("events").as_array())
      text += (text.empty() ? "" : " ") + boost::json::value_to<std::string>(event.at("message"));
    return text;
  }
  static std::string text_at(const boost::json::object& out, std::string_view key) {
    return boost::json::value_to<std::string>(out.at(key));
  }

  Options options_;
  store::testing::TemporaryStore store;
  SharedClock clock;
  std::unique_ptr<Observe> observe;

 private:
  SystemRandom random_;
  std::optional<cluster::testing::TestNode> node_;
  Loops loops_;
  service::Service rows_;
};

}  // namespace brume::observe
