// Scan and Query in-process, replies included, beside a bare walk over the same records of the store.
//   build/bench_scan [ITEMS] [CACHE_MB]      200,000 items of about 1 KiB in partitions of 10,000, 256 MB of block cache
#include <boost/asio/use_future.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <future>

#include "base/loops.h"
#include "base/random.h"
#include "cluster/testing/test_node.h"
#include "dynamodb/dynamodb.h"
#include "dynamodb/table/keys.h"
#include "store/testing/temporary_store.h"

namespace brume::dynamodb {
namespace {

using Time = std::chrono::steady_clock;
constexpr std::size_t kPartition = 10'000;
constexpr int kQueries = 3000;

double seconds_since(Time::time_point begin) { return std::chrono::duration<double>(Time::now() - begin).count(); }

struct Calls {
  service::Service service;

  Task<std::string> run(std::string operation, std::string body) {
    for (const service::Operation& row : service.operations) {
      if (row.name != operation) continue;
      service::Call call;
      call.operation = &row;
      call.region = "us-east-1";
      call.caller.account = "000000000000";
      call.body = body;
      if (!row.raw) call.input = boost::json::parse(body).as_object();
      service::Reply reply = co_await row.handler(call);
      co_return reply.raw.value_or("");
    }
    throw std::logic_error("no such operation: " + operation);
  }
};

std::string item(std::size_t n) {
  return R"({"PutRequest":{"Item":{"pk":{"S":"p)" + std::to_string(n / kPartition) + R"("},"sk":{"N":")" +
         std::to_string(n) + R"("},"age":{"N":"42"},"ok":{"BOOL":true},"tags":{"SS":["aa","bb"]},"filler":{"S":")" +
         std::string(900, 'x') + R"("},"home":{"M":{"city":{"S":"Bern"},"zip":{"N":"3000"}}}}}})";
}

Task<> load(Calls& calls, std::size_t items) {
  std::string table = R"({"TableName":"bench","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[
    {"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"N"}],"KeySchema":[
    {"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}]})";
  co_await calls.run("CreateTable", std::move(table));
  for (std::size_t n = 0; n < items;) {
    std::string body = R"({"RequestItems":{"bench":[)";
    for (int k = 0; k < 25 && n < items; ++k, ++n) body += (k ? "," : "") + item(n);
    body += "]}}";
    co_await calls.run("BatchWriteItem", std::move(body));
  }
}

/// The text of LastEvaluatedKey, which stands in front of the items; "" if there is none.
std::string last_key(std::string_view reply) {
  constexpr std::string_view kName = "\"LastEvaluatedKey\":";
  const std::size_t at = reply.find(kName);
  const std::size_t end = reply.find(",\"Items\"");
  if (at == std::string_view::npos || at > end) return "";
  return std::string(reply.substr(at + kName.size(), end - at - kName.size()));
}

Task<double> scan_seconds(Calls& calls) {
  const auto begin = Time::now();
  std::string start;
  do {
    std::string body = R"({"TableName":"bench")" + (start.empty() ? "" : ",\"ExclusiveStartKey\":" + start) + "}";
    const std::string reply = co_await calls.run("Scan", std::move(body));
    start = last_key(std::string_view(reply).substr(0, 1000));
  } while (!start.empty());
  co_return seconds_since(begin);
}

Task<double> query_microseconds(Calls& calls, std::size_t first) {
  const auto begin = Time::now();
  for (int i = 0; i < kQueries; ++i) {
    std::string body = R"({"TableName":"bench","Limit":10,"KeyConditionExpression":"pk = :p AND sk >= :s",
      "ExpressionAttributeValues":{":p":{"S":"p)" +
                       std::to_string(first / kPartition) + R"("},":s":{"N":")" + std::to_string(first) + R"("}}})";
    co_await calls.run("Query", std::move(body));
  }
  co_return seconds_since(begin) / kQueries * 1e6;
}

/// Bytes of the records, and how long it takes to look at each.
struct Walk {
  std::size_t bytes = 0;
  double seconds = 0;
};
Walk walk(store::Reader& reader) {
  Walk result;
  const auto begin = Time::now();
  for (auto cursor = reader.scan(store::Range::of_prefix(items_prefix(TableId(1)))); cursor->valid(); cursor->next())
    result.bytes += cursor->value().size();
  result.seconds = seconds_since(begin);
  return result;
}

Task<> measure(Calls& calls, DynamoDb& database, store::Store& store, std::size_t items) {
  co_await database.open();
  co_await load(calls, items);
  for (int round = 1; round <= 3; ++round) {
    const double scan = co_await scan_seconds(calls);
    const Walk bare = co_await store.read(walk);
    const double megabytes = static_cast<double>(bare.bytes) / 1e6;
    std::printf("round %d: Scan %.0f MB/s, bare walk %.0f MB/s, ratio %.2f\n", round, megabytes / scan,
                megabytes / bare.seconds, bare.seconds / scan);
  }
  const double front = co_await query_microseconds(calls, 0);
  const double back = co_await query_microseconds(calls, std::min(items, kPartition) - 20);
  std::printf("Query of 10 items: %.1f us at the partition's front, %.1f at its end, ratio %.2f\n", front, back,
              back / front);
  co_await database.close();
}

void run(std::size_t items, std::size_t cache_megabytes) {
  store::testing::TemporaryFolder folder;
  BlockingPool pool{2};
  store::RocksDbOptions store_options;
  store_options.durability = store::Durability::relaxed;
  store_options.block_cache_bytes = cache_megabytes << 20;
  auto store = store::open_rocksdb(folder.path(), pool, store_options);
  {
    SystemClock clock;
    SystemRandom random;
    Options options;
    options.status_delay = std::chrono::milliseconds(0);
    cluster::testing::TestNode node(*store, clock);
    DynamoDb database(*store, pool, clock, random, node.leases, options);
    Calls calls{database.service()};
    Loops loops(1);
    loops.start();
    auto done = asio::co_spawn(loops.executor(0), measure(calls, database, *store, items), asio::use_future);
    done.get();
    loops.stop();
    loops.join();
  }
  store->close();
}

}  // namespace
}  // namespace brume::dynamodb

int main(int argc, char** argv) {
  const std::size_t items = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 200'000;
  const std::size_t cache = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 256;
  brume::dynamodb::run(items, cache);
}
