// For the tests of this folder: a service on a temporary store, called with JSON as clients send it.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <boost/json.hpp>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/loops.h"
#include "cluster/testing/test_node.h"
#include "dynamodb/dynamodb.h"
#include "store/testing/temporary_store.h"

namespace brume::dynamodb {

/// A clock that tests move by hand while other threads read it.
class SharedClock final : public Clock {
 public:
  WallTime now() const override { return WallTime(std::chrono::milliseconds(millis_.load())); }
  SteadyTime monotonic() const override { return SteadyTime(std::chrono::milliseconds(millis_.load())); }
  void advance(std::chrono::milliseconds by) { millis_ += by.count(); }

 private:
  std::atomic<std::int64_t> millis_ = 1'700'000'000'000;
};

/// What a call came to: a body, or an error.
struct Answer {
  boost::json::object body;
  std::string error;    ///< code; "" for success
  std::string message;
  boost::json::object members;  ///< of the error
};

class TestService {
 public:
  explicit TestService(Options options = immediate())
      : TestService(options, std::make_shared<store::testing::TemporaryStore>()) {}
  /// One more on the store of another, as a second node would be: it hears late of what others commit.
  explicit TestService(const TestService& first)
      : TestService(first.options_, first.store_,
                    std::make_unique<store::testing::UnrulyStore>(**first.store_, store::testing::Unruliness{})) {}
  ~TestService() {
    if (service_) close();
    loops_.stop();
    loops_.join();
  }

  /// Statuses change at once.
  static Options immediate() {
    Options options;
    options.status_delay = std::chrono::milliseconds(0);
    return options;
  }

  /// Runs one call on a loop and waits for it.
  Answer call(std::string_view operation, std::string_view body, std::size_t loop = 0) {
    return start(operation, body, loop).get();
  }

  std::future<Answer> start(std::string_view operation, std::string_view body, std::size_t loop = 0) {
    auto done = std::make_shared<std::promise<Answer>>();
    std::future<Answer> answer = done->get_future();
    spawn(loops_.executor(loop), run_call(std::string(operation), std::string(body), done));
    return answer;
  }

  /// The answer, which must be a success.
  boost::json::object ok(std::string_view operation, std::string_view body) {
    Answer answer = call(operation, body);
    EXPECT_EQ(answer.error, "") << operation << ' ' << body << ": " << answer.message;
    return answer.body;
  }

  /// "Code: message" of the error, which must be one.
  std::string error(std::string_view operation, std::string_view body) {
    Answer answer = call(operation, body);
    EXPECT_NE(answer.error, "") << operation << ' ' << body << " answered " << boost::json::serialize(answer.body);
    return answer.error + ": " + answer.message;
  }

  /// Runs a task on the first loop and waits for it.
  void run(Task<> task) {
    auto done = std::make_shared<std::promise<void>>();
    auto result = done->get_future();
    asio::co_spawn(loops_.executor(0), std::move(task), [done](std::exception_ptr e) {
      if (e) done->set_exception(e);
      else done->set_value();
    });
    result.get();
  }

  void open() {
    node_.emplace(node_store(), clock, node_id_, false);
    service_ = std::make_unique<DynamoDb>(node_store(), store_->pool(), clock, random_, node_->leases, options_);
    rows_ = service_->service();
    const service::Service streams = service_->streams_service();
    rows_.operations.insert(rows_.operations.end(), streams.operations.begin(), streams.operations.end());
    run(service_->open());
  }
  void close() {
    run(service_->close());
    service_.reset();
  }
  /// Stops cleanly and starts again.
  void restart() {
    close();
    store_->reopen();
    open();
  }
  /// Starts again as after a crash: the service is not told to stop.
  void crash() {
    run(service_->stop_background());
    service_.reset();
    open();
  }

  store::testing::TemporaryStore& store() { return *store_; }

  SharedClock clock;
  std::string region = "us-east-1";
  std::string account = "000000000000";

 private:
  TestService(Options options, std::shared_ptr<store::testing::TemporaryStore> store,
              std::unique_ptr<store::Store> view = nullptr)
      : options_(options), store_(std::move(store)), view_(std::move(view)), loops_(2) {
    loops_.start();
    open();
  }

  store::Store& node_store() { return view_ ? *view_ : **store_; }

  Task<> run_call(std::string operation, std::string body, std::shared_ptr<std::promise<Answer>> done) {
    Answer answer;
    try {
      const service::Operation* row = nullptr;
      for (const service::Operation& candidate : rows_.operations)
        if (candidate.name == operation) row = &candidate;
      if (!row) throw std::logic_error("no such operation: " + operation);
      service::Call call;
      call.operation = row;
      call.region = region;
      call.caller.account = account;
      call.body = body;
      if (!row->raw) call.input = boost::json::parse(body).as_object();
      service::Reply reply = co_await row->handler(call);
      answer.body = reply.raw ? boost::json::parse(*reply.raw).as_object() : reply.output;
    } catch (const AwsError& error) {
      answer.error = error.kind().code;
      answer.message = error.message();
      answer.members = error.members();
    } catch (const std::exception& error) {
      answer.error = "exception";
      answer.message = error.what();
    }
    done->set_value(std::move(answer));
  }

  Options options_;
  std::shared_ptr<store::testing::TemporaryStore> store_;
  std::unique_ptr<store::Store> view_;  // a second node's
  SystemRandom random_;
  Loops loops_;
  static inline std::atomic<int> nodes_ = 0;
  const std::string node_id_ = "node" + std::to_string(++nodes_);  ///< the same after each start
  std::optional<cluster::testing::TestNode> node_;
  std::unique_ptr<DynamoDb> service_;
  service::Service rows_;
};

inline boost::json::object json_of(std::string_view text) { return boost::json::parse(text).as_object(); }

/// A service with the tables `hash` (key id: S) and `range` (keys pk: S, sk: N).
class DynamoDbTest : public ::testing::Test {
 protected:
  DynamoDbTest() = default;
  explicit DynamoDbTest(Options options) : db(options) {}

  void SetUp() override {
    db.ok("CreateTable", R"({"TableName":"hash","BillingMode":"PAY_PER_REQUEST",
      "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],
      "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]})");
    db.ok("CreateTable", R"({"TableName":"range","BillingMode":"PAY_PER_REQUEST",
      "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"N"}],
      "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}]})");
  }

  void put_range(std::string_view pk, int sk, std::string_view more = "") {
    db.ok("PutItem", R"({"TableName":"range","Item":{"pk":{"S":")" + std::string(pk) + R"("},"sk":{"N":")" +
                         std::to_string(sk) + R"("})" + std::string(more) + "}}");
  }
  boost::json::object table(std::string_view name) {
    return db.ok("DescribeTable", R"({"TableName":")" + std::string(name) + R"("})").at("Table").as_object();
  }
  std::int64_t item_count(std::string_view name) { return table(name).at("ItemCount").to_number<std::int64_t>(); }

  TestService db;
};

}  // namespace brume::dynamodb
