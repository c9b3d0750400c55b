// The whole of DynamoDB on files that lose in a power cut what was not synced: what was acknowledged is there afterwards,
// indexes agree with tables, streams with the history of their items, and no transaction is there by half.
//
//   BRUME_POWER_CUTS=100 BRUME_TEST_SEED=7 dynamodb_test --gtest_filter='PowerCuts.*'
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "dynamodb/check.h"
#include "dynamodb/test_service.h"
#include "store/testing/power_cut_files.h"

namespace brume::dynamodb {
namespace {
namespace json = boost::json;
using store::Durability;
using store::testing::PowerCutFiles;
using SteadyClock = std::chrono::steady_clock;

constexpr int kClients = 6, kKeys = 12, kAccounts = 5;
constexpr int kReceipts = 1'000'000;  // the sort keys of receipts begin here
constexpr SteadyClock::time_point kNever = SteadyClock::time_point::max();

unsigned number_from(const char* variable, unsigned otherwise) {
  const char* text = std::getenv(variable);
  return text ? static_cast<unsigned>(std::strtoul(text, nullptr, 10)) : otherwise;
}

json::object text(std::string value) { return {{"S", std::move(value)}}; }
json::object number(std::int64_t value) { return {{"N", std::to_string(value)}}; }
std::int64_t number_in(const json::object& item, std::string_view name) {
  return std::stoll(std::string(item.at(name).at("N").as_string()));
}

/// A key of `own`: whose it is, and which.
using Place = std::pair<int, std::int64_t>;
using Items = std::map<Place, json::object>;

json::object key_of(Place place) {
  return {{"client", text("c" + std::to_string(place.first))}, {"n", number(place.second)}};
}

/// One write of a client: what then stands under a key.
struct Change {
  Place place;
  std::optional<json::object> after;
  SteadyClock::time_point begun, acknowledged = kNever;
};

/// Writes until the power goes. One thread's.
struct Client {
  int number = 0;
  std::mt19937 random;
  std::vector<Change> changes;  ///< that happened, or may have: the last one
  Items now;  ///< what its keys hold after all of them
  std::int64_t revision = 0;

  std::string name() const { return "client " + std::to_string(number); }
};

/// The server: files, store, service.
class Machine {
 public:
  explicit Machine(Durability durability) : durability_(durability) {
    loops_.start();
    on();
  }
  ~Machine() {
    if (service_) off(true);
    loops_.stop();
    loops_.join();
  }

  /// `honest`: whether the disk keeps what it says that it has.
  void on(bool honest = true) {
    files_ = std::make_shared<PowerCutFiles>(honest);
    store::RocksDbOptions options;
    options.durability = durability_;
    options.record_cache_bytes = options.block_cache_bytes = 4 << 20;
    options.write_buffer_bytes = 256 * 1024;  // so that cuts also meet flushes, compactions and log switches
    options.files = files_;
    store_ = store::open_rocksdb(folder_.path(), pool_, options);
    node_.emplace(*store_, clock_);
    service_ = std::make_unique<DynamoDb>(*store_, pool_, clock_, random_, node_->leases, TestService::immediate());
    rows_ = service_->service();
    const service::Service streams = service_->streams_service();
    rows_.operations.insert(rows_.operations.end(), streams.operations.begin(), streams.operations.end());
    run(service_->open());
  }
  void off(bool clean) {
    run(clean ? service_->close() : service_->stop_background());
    service_.reset();
    node_.reset();
    if (clean) store_->close();
    store_.reset();
  }
  void cut() { files_->cut(); }
  /// After cut() and off(false): the folder as the power cut leaves it.
  void lose(std::mt19937& random) { files_->lose(random); }

  Answer call(std::string operation, json::object body, std::size_t loop = 0) {
    auto done = std::make_shared<std::promise<Answer>>();
    auto answer = done->get_future();
    spawn(loops_.executor(loop % 2), perform(std::move(operation), json::serialize(body), done));
    return answer.get();
  }
  json::object ok(std::string operation, json::object body) {
    const std::string sent = json::serialize(body);
    Answer answer = call(operation, std::move(body));
    EXPECT_EQ(answer.error, "") << operation << ' ' << sent << ": " << answer.message;
    return answer.body;
  }
  /// What `brume store check` says.
  std::vector<std::string> faults() {
    std::vector<std::string> found;
    run(look(*store_, found));
    return found;
  }

 private:
  void run(Task<> task) {
    std::promise<void> done;
    asio::co_spawn(loops_.executor(0), std::move(task), [&](std::exception_ptr error) {
      if (error) done.set_exception(error);
      else done.set_value();
    });
    done.get_future().get();
  }
  static Task<> look(store::Store& store, std::vector<std::string>& found) {
    auto body = [](store::Reader& reader) {
      std::vector<std::string> reports;
      EntryChecker checker([&](std::string report) { reports.push_back(std::move(report)); });
      for (auto cursor = reader.scan(store::Range{}); cursor->valid(); cursor->next())
        checker.see(cursor->key(), cursor->value());
      checker.finish();
      return reports;
    };
    found = co_await store.read(body);
  }
  Task<> perform(std::string operation, std::string body, std::shared_ptr<std::promise<Answer>> done) {
    Answer answer;
    try {
      const auto row = std::find_if(rows_.operations.begin(), rows_.operations.end(),
                                    [&](const service::Operation& o) { return o.name == operation; });
      service::Call call;
      call.operation = &*row;
      call.region = "us-east-1";
      call.caller.account = "000000000000";
      call.body = body;
      if (!row->raw) call.input = json::parse(body).as_object();
      service::Reply reply = co_await row->handler(call);
      answer.body = reply.raw ? json::parse(*reply.raw).as_object() : reply.output;
    } catch (const AwsError& error) {
      answer.error = error.kind().code;
      answer.message = error.message();
    } catch (const std::exception& error) {
      answer.error = "exception";
      answer.message = error.what();
    }
    done->set_value(std::move(answer));
  }

  const Durability durability_;
  store::testing::TemporaryFolder folder_;
  std::shared_ptr<PowerCutFiles> files_;
  SystemClock clock_;
  SystemRandom random_;
  BlockingPool pool_{2};
  Loops loops_{2};
  std::unique_ptr<store::Store> store_;
  std::optional<cluster::testing::TestNode> node_;
  std::unique_ptr<DynamoDb> service_;
  service::Service rows_;
};

class PowerCuts : public ::testing::Test {
 protected:
  void begin(Durability durability) {
    seed = number_from("BRUME_TEST_SEED", std::random_device()());
    std::printf("BRUME_TEST_SEED=%u\n", seed);
    random.seed(seed);
    machine.emplace(durability);
    const json::object stream{{"StreamEnabled", true}, {"StreamViewType", "NEW_AND_OLD_IMAGES"}};
    const auto attribute = [](const char* name, const char* type) {
      return json::object{{"AttributeName", name}, {"AttributeType", type}};
    };
    const auto part = [](const char* name, const char* kind) {
      return json::object{{"AttributeName", name}, {"KeyType", kind}};
    };
    const json::object all{{"ProjectionType", "ALL"}};
    machine->ok(
        "CreateTable",
        {{"TableName", "own"},
         {"BillingMode", "PAY_PER_REQUEST"},
         {"StreamSpecification", stream},
         {"AttributeDefinitions", json::array{attribute("client", "S"), attribute("n", "N"), attribute("group", "S"),
                                              attribute("revision", "N")}},
         {"KeySchema", json::array{part("client", "HASH"), part("n", "RANGE")}},
         {"LocalSecondaryIndexes",
          json::array{json::object{{"IndexName", "by-revision"},
                                   {"KeySchema", json::array{part("client", "HASH"), part("revision", "RANGE")}},
                                   {"Projection", all}}}},
         {"GlobalSecondaryIndexes",
          json::array{json::object{{"IndexName", "by-group"},
                                   {"KeySchema", json::array{part("group", "HASH"), part("revision", "RANGE")}},
                                   {"Projection", all}}}}});
    machine->ok("CreateTable", {{"TableName", "accounts"},
                                {"BillingMode", "PAY_PER_REQUEST"},
                                {"StreamSpecification", stream},
                                {"AttributeDefinitions", json::array{attribute("id", "N")}},
                                {"KeySchema", json::array{part("id", "HASH")}}});
    machine->off(true);
    machine->on();
    clients.resize(kClients);
    for (int i = 0; i < kClients; ++i) {
      clients[i].number = i;
      clients[i].random.seed(random());
    }
  }

  json::object random_item(Client& client, Place place) {
    json::object item = key_of(place);
    item["revision"] = number(++client.revision);
    item["filler"] = text(std::string(client.random() % 800, 'x'));
    if (client.random() % 3 != 0) item["group"] = text("g" + std::to_string(client.random() % 4));
    return item;
  }

  /// Two accounts and a receipt among the client's own items.
  std::pair<std::string, json::object> transfer(Client& client, Change& change) {
    change.place = {client.number, kReceipts + client.revision};
    const std::int64_t from = client.random() % kAccounts,
                       to = (from + 1 + client.random() % (kAccounts - 1)) % kAccounts;
    const std::int64_t amount = 1 + client.random() % 100;
    json::object receipt = random_item(client, change.place);
    receipt["from"] = number(from), receipt["to"] = number(to), receipt["amount"] = number(amount);
    const auto add = [](std::int64_t id, std::int64_t value) {
      return json::object{{"Update", json::object{{"TableName", "accounts"},
                                                  {"Key", json::object{{"id", number(id)}}},
                                                  {"UpdateExpression", "ADD balance :x"},
                                                  {"ExpressionAttributeValues", json::object{{":x", number(value)}}}}}};
    };
    json::array parts{add(from, -amount), add(to, amount)};
    parts.push_back(json::object{{"Put", json::object{{"TableName", "own"}, {"Item", receipt}}}});
    change.after = std::move(receipt);
    return {"TransactWriteItems", json::object{{"TransactItems", std::move(parts)}}};
  }

  std::pair<std::string, json::object> random_call(Client& client, Change& change) {
    if (client.random() % 4 == 0) return transfer(client, change);
    change.place = {client.number, static_cast<std::int64_t>(client.random() % kKeys)};
    const auto there = client.now.find(change.place);
    json::object call{{"TableName", "own"}};
    if (there == client.now.end() || client.random() % 3 == 0) {
      change.after = random_item(client, change.place);
      call["Item"] = *change.after;
      return {"PutItem", std::move(call)};
    }
    call["Key"] = key_of(change.place);
    if (client.random() % 3 == 0) return {"DeleteItem", std::move(call)};
    change.after = there->second;
    (*change.after)["revision"] = number(++client.revision);
    change.after->erase("group");
    call["UpdateExpression"] = "SET revision = :r REMOVE #g";
    call["ExpressionAttributeNames"] = json::object{{"#g", "group"}};
    call["ExpressionAttributeValues"] = json::object{{":r", number(client.revision)}};
    return {"UpdateItem", std::move(call)};
  }

  void write_until_the_cut(Client& client) {
    while (true) {
      Change change;
      auto [operation, body] = random_call(client, change);
      change.begun = SteadyClock::now();
      const Answer answer = machine->call(operation, std::move(body), static_cast<std::size_t>(client.number));
      if (answer.error == "TransactionCanceledException") continue;  // by a conflict: nothing happened
      if (answer.error.empty()) change.acknowledged = SteadyClock::now();
      client.changes.push_back(change);
      if (!answer.error.empty()) return;
      if (change.after) client.now[change.place] = *change.after;
      else client.now.erase(change.place);
    }
  }

  /// Writes for `life`, cuts the power, and starts again; returns when the power went.
  /// Errors: store::StoreError when it cannot start again.
  SteadyClock::time_point write_and_cut(std::chrono::milliseconds life) {
    std::vector<std::thread> threads;
    for (Client& client : clients) threads.emplace_back([&] { write_until_the_cut(client); });
    std::this_thread::sleep_for(life);
    const auto at = SteadyClock::now();
    machine->cut();
    for (auto& thread : threads) thread.join();
    machine->off(false);
    machine->lose(random);
    machine->on();
    return at;
  }

  std::vector<json::object> scan(const std::string& table, const char* index = nullptr) {
    std::vector<json::object> items;
    json::object request{{"TableName", table}, {"ConsistentRead", index == nullptr}};
    if (index) request["IndexName"] = index;
    while (true) {
      json::object page = machine->ok("Scan", request);
      for (auto& item : page.at("Items").as_array()) items.push_back(item.as_object());
      if (!page.contains("LastEvaluatedKey")) return items;
      request["ExclusiveStartKey"] = page.at("LastEvaluatedKey");
    }
  }

  static Place place_of(const json::object& item) {
    return {std::stoi(std::string(item.at("client").at("S").as_string()).substr(1)), number_in(item, "n")};
  }

  /// How many of a client's changes are there: the least and the most that what is found can mean; nothing else.
  static std::optional<std::pair<std::size_t, std::size_t>> prefix(const Client& client, const Items& before,
                                                                   const Items& found) {
    std::optional<std::pair<std::size_t, std::size_t>> out;
    Items state = before;
    std::set<Place> different;
    const auto compare = [&](Place place) {
      const auto have = std::as_const(state).find(place), want = found.find(place);
      const bool same = have == state.end() ? want == found.end() : want != found.end() && have->second == want->second;
      if (same) different.erase(place);
      else different.insert(place);
    };
    for (const auto& [place, item] : state) compare(place);
    for (const auto& [place, item] : found) compare(place);
    for (std::size_t n = 0;; ++n) {
      if (different.empty()) out = {out ? out->first : n, n};
      if (n == client.changes.size()) return out;
      const Change& change = client.changes[n];
      if (change.after) state[change.place] = *change.after;
      else state.erase(change.place);
      compare(change.place);
    }
  }

  /// What is wrong with what is there; `must`: what was acknowledged before then cannot be lost. Clients go on from what
  /// was found.
  std::vector<std::string> judge(SteadyClock::time_point must) {
    std::vector<std::string> wrong = machine->faults();
    std::map<int, Items> found;
    std::map<std::int64_t, std::int64_t> balances, called_for;
    for (json::object& item : scan("own")) {
      const Place place = place_of(item);
      if (item.contains("amount")) {
        called_for[number_in(item, "from")] -= number_in(item, "amount");
        called_for[number_in(item, "to")] += number_in(item, "amount");
      }
      found[place.first][place] = std::move(item);
    }
    for (const json::object& account : scan("accounts"))
      balances[number_in(account, "id")] = number_in(account, "balance");
    if (balances != called_for) wrong.push_back("a transaction is there by half");

    std::vector<std::size_t> most;
    SteadyClock::time_point last_begun = SteadyClock::time_point::min();
    for (const Client& client : clients) {
      const auto there = prefix(client, settled[client.number], found[client.number]);
      if (!there) {
        wrong.push_back(client.name() + ": no prefix of its " + std::to_string(client.changes.size()) + " changes");
        return wrong;
      }
      most.push_back(there->second);
      if (there->first > 0) last_begun = std::max(last_begun, client.changes[there->first - 1].begun);
    }
    // What had been acknowledged before something that is there was begun, came before it in the log.
    for (const Client& client : clients)
      for (std::size_t n = most[static_cast<std::size_t>(client.number)]; n < client.changes.size(); ++n)
        if (client.changes[n].acknowledged < std::max(must, last_begun))
          wrong.push_back(client.name() + " lost change " + std::to_string(n) + " of " +
                          std::to_string(client.changes.size()));

    for (const char* index : {"by-group", "by-revision"}) {
      Items expected, entries;
      for (const auto& [number, items] : found)
        for (const auto& [place, item] : items)
          if (std::string_view(index) != "by-group" || item.contains("group")) expected[place] = item;
      for (json::object& entry : scan("own", index)) entries[place_of(entry)] = std::move(entry);
      if (entries != expected) wrong.push_back(std::string(index) + " disagrees with its table");
    }
    judge_stream("own", wrong);
    judge_stream("accounts", wrong);
    for (Client& client : clients) {
      changes_seen += most[static_cast<std::size_t>(client.number)];
      client.changes.clear();
      client.now = settled[client.number] = found[client.number];
    }
    return wrong;
  }

  /// Each record begins where the former of its item ended, and the last one ends with what is there.
  void judge_stream(const std::string& table, std::vector<std::string>& wrong) {
    std::map<std::string, json::object> ends, items;
    for (const json::object& record : stream_records(table)) {
      const json::object& body = record.at("dynamodb").as_object();
      const std::string key = json::serialize(sorted(body.at("Keys").as_object()));
      const json::object* before = body.contains("OldImage") ? &body.at("OldImage").as_object() : nullptr;
      const auto end = ends.find(key);
      const char* event = !before ? "INSERT" : body.contains("NewImage") ? "MODIFY" : "REMOVE";
      if ((before != nullptr) != (end != ends.end()) || (before && *before != end->second) ||
          record.at("eventName") != event)
        wrong.push_back("the stream of " + table + " has a gap at " + key);
      if (body.contains("NewImage")) ends[key] = body.at("NewImage").as_object();
      else ends.erase(key);
    }
    for (json::object& item : scan(table)) {
      json::object key;
      for (const char* name : {"client", "id", "n"})
        if (item.contains(name)) key[name] = item.at(name);
      items[json::serialize(key)] = std::move(item);
    }
    if (ends != items) wrong.push_back("the stream of " + table + " does not end with its items");
  }
  static json::object sorted(const json::object& in) {
    std::map<std::string, json::value> members;
    for (const auto& [name, value] : in) members[std::string(name)] = value;
    json::object out;
    for (auto& [name, value] : members) out[name] = value;
    return out;
  }
  std::vector<json::object> stream_records(const std::string& table) {
    std::vector<json::object> records;
    const json::object described = machine->ok("DescribeTable", {{"TableName", table}});
    const json::value arn = described.at("Table").at("LatestStreamArn");
    const json::object stream = machine->ok("DescribeStream", {{"StreamArn", arn}});
    for (const auto& shard : stream.at("StreamDescription").at("Shards").as_array()) {
      json::object next =
          machine->ok("GetShardIterator",
                      {{"StreamArn", arn}, {"ShardId", shard.at("ShardId")}, {"ShardIteratorType", "TRIM_HORIZON"}});
      json::value iterator = next.at("ShardIterator");
      while (true) {
        json::object page = machine->ok("GetRecords", {{"ShardIterator", iterator}});
        for (auto& record : page.at("Records").as_array()) records.push_back(record.as_object());
        if (page.at("Records").as_array().empty() || !page.contains("NextShardIterator")) break;
        iterator = page.at("NextShardIterator");
      }
    }
    return records;
  }

  unsigned seed = 0;
  std::mt19937 random;
  std::optional<Machine> machine;
  std::vector<Client> clients;
  std::map<int, Items> settled;  ///< of each client, after the last cut
  std::size_t changes_seen = 0;
};

TEST_F(PowerCuts, SyncLosesNothingAcknowledged) {
  begin(Durability::sync);
  const unsigned cuts = number_from("BRUME_POWER_CUTS", 6);
  for (unsigned i = 0; i < cuts; ++i) {
    write_and_cut(std::chrono::milliseconds(random() % 300));
    ASSERT_EQ(judge(kNever), std::vector<std::string>{}) << "cut " << i;
  }
  EXPECT_GT(changes_seen, 20 * cuts) << "nothing was tried";
}

TEST_F(PowerCuts, RelaxedLosesTheLastSecondAtMost) {
  begin(Durability::relaxed);
  const unsigned cuts = number_from("BRUME_POWER_CUTS", 6) / 3;
  for (unsigned i = 0; i < cuts; ++i) {
    const auto at = write_and_cut(std::chrono::milliseconds(1100 + random() % 300));
    ASSERT_EQ(judge(at - std::chrono::seconds(1)), std::vector<std::string>{}) << "cut " << i;
  }
  EXPECT_GT(changes_seen, 20 * cuts) << "nothing was tried";
}

// A disk that lies shows that the two tests above see what is missing.
TEST_F(PowerCuts, WhatADiskLostThatSaidItHadItIsSeen) {
  begin(Durability::sync);
  bool seen = false;
  for (int i = 0; i < 20 && !seen; ++i) {
    machine->off(true);
    machine->on(false);
    try {
      write_and_cut(std::chrono::milliseconds(100));
      seen = !judge(kNever).empty();
    } catch (const store::StoreError&) {
      seen = true;  // not even to be opened
    }
  }
  EXPECT_TRUE(seen);
}

}  // namespace
}  // namespace brume::dynamodb
