// What a call from inside the server costs above its handler: look-up, limits, validation, counting, metric series.
//   build/bench_dispatcher [CALLS] [ROUNDS]      20,000 calls a round, 15 rounds; fails if it is more than 2 µs
//
//   GetItem         raw: JSON text in and out
//   DescribeTable   members in and out, validated against its shape
#include <boost/asio/use_future.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>

#include "base/loops.h"
#include "cluster/testing/test_node.h"
#include "dynamodb/dynamodb.h"
#include "front/json_codec.h"
#include "server/adapters.h"
#include "store/testing/temporary_store.h"

namespace brume {
namespace {

using Time = std::chrono::steady_clock;
constexpr double kMicrosMax = 2.0;

const service::Caller kCaller{.account = "000000000000",
                              .access_key_id = "AKIDEXAMPLE",
                              .arn = "arn:aws:iam::000000000000:user/ann",
                              .user_id = "AIDAEXAMPLE"};
const std::string kKey = R"({"TableName":"bench","Key":{"id":{"S":"a"}}})";

service::InsideCall wish(std::string_view operation) {
  return {.service = "dynamodb", .operation = operation, .caller = kCaller, .region = "us-east-1"};
}

/// Every call's own texts are made in both cases, as its caller would have to.
Task<bool> by_handler(const service::Entry& entry, bool raw) {
  service::Call call;
  call.operation = entry.row;
  call.region = "us-east-1";
  call.caller = kCaller;
  const std::string body = raw ? kKey : std::string();
  call.body = body;
  if (!raw) call.input["TableName"] = "bench";
  const service::Reply reply = co_await entry.row->handler(call);
  co_return raw ? reply.raw.has_value() : !reply.output.empty();
}

Task<bool> by_dispatcher(service::Dispatcher& dispatcher, std::string_view operation, bool raw) {
  service::InsideCall call = wish(operation);
  if (raw) call.body = kKey;
  else call.input["TableName"] = "bench";
  const service::Outcome outcome = co_await dispatcher.call(std::move(call));
  co_return !outcome.failure && (raw ? outcome.reply.raw.has_value() : !outcome.reply.output.empty());
}

template <class Make>
Task<double> micros(int calls, Make make) {
  const auto begin = Time::now();
  for (int i = 0; i < calls; ++i)
    if (!co_await make()) throw std::runtime_error("a call failed");
  co_return std::chrono::duration<double, std::micro>(Time::now() - begin).count() / calls;
}

struct Compared {
  double handler = 0, dispatched = 0;
};

Task<Compared> compare(service::Dispatcher& dispatcher, std::string_view operation, int calls) {
  const service::Entry& entry = *dispatcher.catalog().entry("dynamodb", operation);
  const bool raw = entry.row->raw;
  auto direct = [&] { return by_handler(entry, raw); };
  auto dispatched = [&] { return by_dispatcher(dispatcher, operation, raw); };
  Compared out;
  out.handler = co_await micros(calls, direct);
  out.dispatched = co_await micros(calls, dispatched);
  co_return out;
}

Task<> prepare(observe::Observe& observe, dynamodb::DynamoDb& dynamodb, service::Dispatcher& dispatcher) {
  co_await observe.open();
  co_await dynamodb.open();
  service::InsideCall create = wish("CreateTable");
  create.body =
      R"({"TableName":"bench","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
                    "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}]})";
  service::InsideCall put = wish("PutItem");
  put.body = R"({"TableName":"bench","Item":{"id":{"S":"a"},"text":{"S":")" + std::string(200, 'x') + R"("}}})";
  const service::Outcome made = co_await dispatcher.call(std::move(create));
  if (made.failure) throw std::runtime_error(made.failure->message);
  co_await sleep_for(std::chrono::milliseconds(50));
  const service::Outcome filled = co_await dispatcher.call(std::move(put));
  if (filled.failure) throw std::runtime_error(filled.failure->message);
}

Task<> close_all(observe::Observe& observe, dynamodb::DynamoDb& dynamodb) {
  co_await dynamodb.close();
  co_await observe.close();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

int run(int calls, int rounds) {
  Loops loops(1);
  loops.start();
  store::testing::TemporaryStore store;
  BlockingPool reads(1);
  SystemClock clock;
  SystemRandom random;
  cluster::testing::TestNode node(*store, clock);
  observe::Observe observe(*store, loops.executor(0), clock, random, node.leases);
  dynamodb::DynamoDb dynamodb(*store, reads, clock, random, node.leases, {});
  server::ServiceMetrics metrics(observe.series().recorder());
  server::CallRecorder recorder(observe, metrics, clock);
  service::Dispatcher dispatcher(clock, random, recorder, front::json_text());
  dispatcher.add(dynamodb.service());
  const auto wait = [&](auto task) {
    return asio::co_spawn(loops.executor(0), std::move(task), asio::use_future).get();
  };
  wait(prepare(observe, dynamodb, dispatcher));
  bool passed = true;
  for (const std::string_view operation : {"GetItem", "DescribeTable"}) {
    wait(compare(dispatcher, operation, calls));  // warms up
    std::vector<double> handler, above;
    for (int i = 0; i < rounds; ++i) {
      const Compared compared = wait(compare(dispatcher, operation, calls));
      handler.push_back(compared.handler);
      above.push_back(compared.dispatched - compared.handler);
    }
    std::printf("%-14.*s handler %6.2f us   dispatcher +%5.2f us (at most %.1f)\n", static_cast<int>(operation.size()),
                operation.data(), median(handler), median(above), kMicrosMax);
    passed = passed && median(above) <= kMicrosMax;
  }
  wait(close_all(observe, dynamodb));
  reads.stop();
  loops.stop();
  loops.join();
  return passed ? 0 : 1;
}

}  // namespace
}  // namespace brume

int main(int argc, char** argv) {
  return brume::run(argc > 1 ? std::atoi(argv[1]) : 20'000, argc > 2 ? std::atoi(argv[2]) : 15);
}
