#include <latch>
#include <thread>

#include "dynamodb/table/keys.h"
#include "dynamodb/test_service.h"
#include "store/key_spaces.h"
#include "store/store.h"

namespace brume::dynamodb {
namespace {

using store::testing::run_task;

std::string put(std::string_view id, std::string_view more = "", std::string_view action_more = "") {
  return R"({"Put":{"TableName":"hash","Item":{"id":{"S":")" + std::string(id) + R"("})" + std::string(more) + "}" +
         std::string(action_more) + "}}";
}
std::string erase(std::string_view id, std::string_view more = "") {
  return R"({"Delete":{"TableName":"hash","Key":{"id":{"S":")" + std::string(id) + R"("}})" + std::string(more) + "}}";
}
std::string check(std::string_view id, std::string_view condition) {
  return R"({"ConditionCheck":{"TableName":"hash","Key":{"id":{"S":")" + std::string(id) +
         R"("}},"ConditionExpression":")" + std::string(condition) + R"("}})";
}
std::string add(std::string_view id, int amount, std::string_view condition = "") {
  std::string text = R"({"Update":{"TableName":"hash","Key":{"id":{"S":")" + std::string(id) +
                     R"("}},"UpdateExpression":"ADD n :n","ExpressionAttributeValues":{":n":{"N":")" +
                     std::to_string(amount) + R"("}})";
  if (!condition.empty()) text += R"(,"ConditionExpression":")" + std::string(condition) + '"';
  return text + "}}";
}
std::string get(std::string_view id) {
  return R"({"Get":{"TableName":"hash","Key":{"id":{"S":")" + std::string(id) + R"("}}}})";
}
std::string items(const std::vector<std::string>& list, std::string_view more = "") {
  std::string text = R"({"TransactItems":[)";
  for (const std::string& item : list) text += (text.back() == '[' ? "" : ",") + item;
  return text + "]" + std::string(more) + "}";
}
std::string with_token(std::string_view token) { return R"(,"ClientRequestToken":")" + std::string(token) + '"'; }

constexpr std::string_view kCancelled =
    "TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for specific reasons ";

/// Holds the latch of an item, so that what writes it waits.
class HeldItem {
 public:
  HeldItem(store::Store& store, std::string key)
      : thread_([this, &store, key = std::move(key)] { run_task(hold(store, key)); }) {
    entered_.wait();
  }
  ~HeldItem() { release(); }
  void release() {
    if (!thread_.joinable()) return;
    release_.count_down();
    thread_.join();
  }

 private:
  Task<> hold(store::Store& store, std::string key) {
    store::LockKeys locks = store::lock_on(key);
    auto body = [this](store::Transaction&) {
      entered_.count_down();
      release_.wait();
    };
    co_await store.run(std::move(locks), body);
  }
  std::latch entered_{1};
  std::latch release_{1};
  std::thread thread_;
};

class Transactions : public DynamoDbTest {
 protected:
  boost::json::value item(std::string_view id) {
    auto reply = db.ok("GetItem", R"({"TableName":"hash","Key":{"id":{"S":")" + std::string(id) + R"("}}})");
    return reply.contains("Item") ? reply.at("Item") : boost::json::value();
  }
  std::int64_t number(std::string_view id) { return std::stoll(std::string(item(id).at("n").at("N").as_string())); }
  void put_item(std::string_view id, std::string_view more = "") {
    db.ok("PutItem",
          R"({"TableName":"hash","Item":{"id":{"S":")" + std::string(id) + R"("})" + std::string(more) + "}}");
  }
  boost::json::value reasons(std::string_view operation, std::string_view body) {
    Answer answer = db.call(operation, body);
    EXPECT_EQ(answer.error, "TransactionCanceledException") << answer.message;
    return answer.members.contains("CancellationReasons") ? answer.members.at("CancellationReasons")
                                                          : boost::json::value();
  }
  /// Store key of the only item.
  std::string only_key() { return run_task(read_only_key(*db.store())); }
  /// Waits until the item belongs to a transaction: until a read of it in a transaction is refused.
  void wait_until_in_flight(std::string_view id) {
    while (db.call("TransactGetItems", items({get(id)})).error.empty()) std::this_thread::yield();
  }

 private:
  static Task<std::string> read_only_key(store::Store& store) {
    auto body = [](store::Reader& reader) {
      auto cursor = reader.scan(store::Range::of_prefix(std::string{store::kDynamoDbSpace, 'i'}));
      return std::string(cursor->key());
    };
    co_return co_await store.read(body);
  }
};
using TransactWriteItems = Transactions;
using TransactGetItems = Transactions;
using TransactionConflict = Transactions;
using ClientRequestToken = Transactions;

TEST_F(TransactWriteItems, DoesAllActions) {
  put_item("b", R"(,"n":{"N":"1"})");
  put_item("c");
  EXPECT_EQ(db.ok("TransactWriteItems",
                  items({put("a", R"(,"v":{"S":"x"})"), add("b", 2), erase("c"), check("d", "attribute_not_exists(id)"),
                         R"({"Put":{"TableName":"range","Item":{"pk":{"S":"p"},"sk":{"N":"1"}}}})"})),
            json_of("{}"));
  EXPECT_EQ(item("a"), boost::json::parse(R"({"id":{"S":"a"},"v":{"S":"x"}})"));
  EXPECT_EQ(number("b"), 3);
  EXPECT_TRUE(item("c").is_null());
  EXPECT_TRUE(item("d").is_null());
  EXPECT_EQ(item_count("hash"), 2);
  EXPECT_EQ(item_count("range"), 1);
}

TEST_F(TransactWriteItems, DoesNothingIfOneConditionFails) {
  put_item("a", R"(,"n":{"N":"1"})");
  const std::string body = items({put("x"), add("a", 1, "n > :n"), check("gone", "attribute_exists(id)"),
                                  put("a2", "", R"j(,"ConditionExpression":"attribute_exists(id)",
                               "ReturnValuesOnConditionCheckFailure":"ALL_OLD")j")});
  EXPECT_EQ(db.error("TransactWriteItems", body),
            std::string(kCancelled) + "[None, ConditionalCheckFailed, ConditionalCheckFailed, ConditionalCheckFailed]");
  EXPECT_TRUE(item("x").is_null());
  EXPECT_EQ(number("a"), 1);
  EXPECT_EQ(item_count("hash"), 1);
}

TEST_F(TransactWriteItems, GivesReasonsWithItemsInOrder) {
  put_item("a", R"(,"v":{"S":"old"})");
  EXPECT_EQ(
      reasons("TransactWriteItems", items({put("b"), put("a", "", R"j(,"ConditionExpression":"attribute_not_exists(id)",
                                                     "ReturnValuesOnConditionCheckFailure":"ALL_OLD")j")})),
      boost::json::parse(R"([{"Code":"None"},{"Code":"ConditionalCheckFailed",
              "Item":{"id":{"S":"a"},"v":{"S":"old"}},"Message":"The conditional request failed"}])"));
}

TEST_F(TransactWriteItems, UpdatesThatCannotBeDoneAreReasons) {
  put_item("a", R"(,"n":{"S":"text"})");
  EXPECT_EQ(reasons("TransactWriteItems", items({add("a", 1), put("b")})),
            boost::json::parse(R"([{"Code":"ValidationError",
              "Message":"An operand in the update expression has an incorrect data type"},{"Code":"None"}])"));
  EXPECT_TRUE(item("b").is_null());
}

TEST_F(TransactWriteItems, KeysThatDontFitCancelButEmptyOnesAreRefused) {
  auto reason = [&](std::string_view action) {
    return reasons("TransactWriteItems", items({std::string(action)})).at(0).at("Message").as_string();
  };
  EXPECT_EQ(reason(R"({"Put":{"TableName":"hash","Item":{"id":{"N":"5"}}}})"),
            "One or more parameter values were invalid: Type mismatch for key id expected: S actual: N");
  EXPECT_EQ(reason(R"({"Put":{"TableName":"hash","Item":{"x":{"N":"5"}}}})"),
            "One or more parameter values were invalid: Missing the key id in the item");
  EXPECT_EQ(reason(R"({"Delete":{"TableName":"hash","Key":{"id":{"N":"5"}}}})"),
            "The provided key element does not match the schema");
  const std::string empty =
      "ValidationException: One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
      "contain an empty string value. Key: id";
  EXPECT_EQ(db.error("TransactWriteItems", items({put("")})), empty);
  EXPECT_EQ(db.error("TransactWriteItems", items({check("", "attribute_exists(id)")})), empty);
}

TEST_F(TransactWriteItems, LooksNoFurtherThanTheFirstActionThatCannotBeDone) {
  const std::string bad_key = R"({"Put":{"TableName":"hash","Item":{"id":{"N":"5"}}}})";
  auto codes = [&](const std::vector<std::string>& list) {
    std::string all;
    const boost::json::value given = reasons("TransactWriteItems", items(list));
    for (const auto& reason : given.as_array())
      (all += all.empty() ? "" : " ") += std::string_view(reason.at("Code").as_string());
    return all;
  };
  EXPECT_EQ(codes({bad_key, bad_key, put("b")}), "ValidationError None None");
  EXPECT_EQ(codes({put("b"), bad_key, bad_key}), "None ValidationError None");
  put_item("t", R"(,"n":{"S":"text"})");
  put_item("u", R"(,"n":{"S":"text"})");
  EXPECT_EQ(codes({add("t", 1), add("u", 1), check("gone", "attribute_exists(id)")}), "ValidationError None None");
  EXPECT_EQ(codes({check("gone", "attribute_exists(id)"), add("t", 1), add("u", 1)}),
            "ConditionalCheckFailed ValidationError None");
}

TEST_F(TransactWriteItems, ChecksTheRequestBeforeAnyTable) {
  auto error = [&](const std::vector<std::string>& list, std::string_view more = "") {
    return db.error("TransactWriteItems", items(list, more));
  };
  EXPECT_EQ(error({}),
            "ValidationException: 1 validation error detected: Value '[]' at 'transactItems' failed to satisfy "
            "constraint: Member must have length greater than or equal to 1");
  EXPECT_EQ(db.error("TransactWriteItems", "{}"),
            "ValidationException: 1 validation error detected: Value null at 'transactItems' failed to satisfy "
            "constraint: Member must not be null");
  EXPECT_EQ(
      error({"{}"}),
      "ValidationException: Invalid Request: TransactWriteRequest should contain Delete or Put or Update request");
  EXPECT_EQ(error({R"({"Put":{"TableName":"hash","Item":{"id":{"S":"a"}}},
                       "Delete":{"TableName":"hash","Key":{"id":{"S":"a"}}}})"}),
            "ValidationException: TransactItems can only contain one of Check, Put, Update or Delete");
  EXPECT_EQ(
      error({put("a"), R"({"Update":{"TableName":"bad!name","Key":{"id":{"S":"a"}}}})"},
            R"(,"ReturnConsumedCapacity":"B")"),
      "ValidationException: 3 validation errors detected: Value 'B' at 'returnConsumedCapacity' failed to satisfy "
      "constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]; Value 'bad!name' at "
      "'transactItems.2.member.update.tableName' failed to satisfy constraint: Member must satisfy regular "
      "expression pattern: [a-zA-Z0-9_.-]+; Value null at 'transactItems.2.member.update.updateExpression' failed "
      "to satisfy constraint: Member must not be null");
  EXPECT_EQ(error({put("a"), put("a")}, with_token(std::string(37, 'x'))),
            "ValidationException: 1 validation error detected: Value '" + std::string(37, 'x') +
                "' at 'clientRequestToken' failed to satisfy constraint: Member must have length less than or equal to "
                "36");
  EXPECT_EQ(error({R"({"Put":{"TableName":"absent","Item":{"id":{"S":"a"}}}})", check("b", "attribute_not_exists(")}),
            "ValidationException: Invalid ConditionExpression: Syntax error; token: \"<EOF>\", near: \"(\"");
  EXPECT_EQ(error({R"({"Put":{"TableName":"absent","Item":{"id":{"S":"a"}}}})"}),
            "ResourceNotFoundException: Requested resource not found");
  EXPECT_EQ(error({check("b", "a = = b"), R"({"Delete":{"TableName":"hash","Key":{"id":{"S":5}}}})"}).substr(0, 22),
            "SerializationException");
  EXPECT_EQ(error({put("a"), erase("a")}),
            "ValidationException: Transaction request cannot include multiple operations on one item");
  std::vector<std::string> many;
  for (int i = 0; i < 101; ++i) many.push_back(put(std::to_string(i)));
  EXPECT_TRUE(
      error(many).ends_with("' at 'transactItems' failed to satisfy constraint: Member must have length less "
                            "than or equal to 100"));
  many.pop_back();
  db.ok("TransactWriteItems", items(many));
  EXPECT_EQ(item_count("hash"), 100);
}

TEST_F(TransactWriteItems, RefusesMoreThanFourMegabytes) {
  auto large = [](int count) {
    std::vector<std::string> list;
    for (int i = 0; i < count; ++i)
      list.push_back(put(std::to_string(i), R"(,"v":{"S":")" + std::string(400'000, 'x') + R"("})"));
    return items(list);
  };
  EXPECT_EQ(db.error("TransactWriteItems", large(11)),
            "ValidationException: Transaction payload size cannot exceed 4 MB");
  EXPECT_EQ(item_count("hash"), 0);
  db.ok("TransactWriteItems", large(10));
}

TEST_F(TransactWriteItems, ConsumesTwoUnitsWhereAWriteTakesOne) {
  auto reply =
      db.ok("TransactWriteItems", items({put("a"), put("b", R"(,"v":{"S":")" + std::string(1500, 'x') + R"("})")},
                                        R"(,"ReturnConsumedCapacity":"INDEXES")"));
  EXPECT_EQ(reply.at("ConsumedCapacity"),
            boost::json::parse(R"([{"TableName":"hash","CapacityUnits":6.0,"WriteCapacityUnits":6.0,
                                    "Table":{"CapacityUnits":6.0,"WriteCapacityUnits":6.0}}])"));
}

TEST_F(TransactGetItems, ReturnsItemsInOrderAndEmptyOnesForAbsent) {
  put_item("a", R"(,"v":{"S":"x"},"w":{"S":"y"})");
  EXPECT_EQ(db.ok("TransactGetItems",
                  items({get("gone"), R"({"Get":{"TableName":"hash","Key":{"id":{"S":"a"}},"ProjectionExpression":"#v",
                                                 "ExpressionAttributeNames":{"#v":"v"}}})"},
                        R"(,"ReturnConsumedCapacity":"TOTAL")")),
            json_of(R"({"Responses":[{},{"Item":{"v":{"S":"x"}}}],
              "ConsumedCapacity":[{"TableName":"hash","CapacityUnits":4.0,"ReadCapacityUnits":4.0}]})"));
}

TEST_F(TransactGetItems, RefusesWhatItCannotRead) {
  EXPECT_EQ(reasons("TransactGetItems", items({get("a"), R"({"Get":{"TableName":"hash","Key":{}}})"})),
            boost::json::parse(R"([{"Code":"None"},{"Code":"ValidationError",
                                    "Message":"The provided key element does not match the schema"}])"));
  EXPECT_EQ(db.error("TransactGetItems", items({get("a"), get("a")})),
            "ValidationException: Transaction request cannot include multiple operations on one item");
  EXPECT_EQ(db.error("TransactGetItems", items({"{}"})),
            "ValidationException: 1 validation error detected: Value null at 'transactItems.1.member.get' failed to "
            "satisfy constraint: Member must not be null");
}

TEST_F(TransactionConflict, WhoMeetsATransactionIsRefused) {
  put_item("a", R"(,"n":{"N":"1"})");
  HeldItem held(*db.store(), only_key());
  auto first = db.start("TransactWriteItems", items({add("a", 1), put("b")}));
  wait_until_in_flight("a");

  EXPECT_EQ(reasons("TransactWriteItems", items({put("c"), put("a")})),
            boost::json::parse(
                R"([{"Code":"None"},{"Code":"TransactionConflict","Message":"Transaction is ongoing for the item"}])"));
  EXPECT_EQ(db.error("TransactGetItems", items({get("a"), get("c")})),
            std::string(kCancelled) + "[TransactionConflict, None]");
  const std::string conflict = "TransactionConflictException: Transaction is ongoing for the item";
  EXPECT_EQ(db.error("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"b"}}})"), conflict);
  EXPECT_EQ(db.error("DeleteItem", R"({"TableName":"hash","Key":{"id":{"S":"a"}}})"), conflict);
  EXPECT_EQ(db.error("UpdateItem", R"({"TableName":"hash","Key":{"id":{"S":"a"}}})"), conflict);
  EXPECT_EQ(number("a"), 1);  // a plain read sees what is committed
  put_item("other");
  const std::string meets = R"({"DeleteRequest":{"Key":{"id":{"S":"a"}}}})",
                    free = R"({"PutRequest":{"Item":{"id":{"S":"d"}}}})";
  EXPECT_EQ(db.ok("BatchWriteItem", R"({"RequestItems":{"hash":[)" + meets + "," + free + "]}}"),
            boost::json::parse(R"({"UnprocessedItems":{"hash":[)" + meets + "]}}"));
  EXPECT_EQ(db.ok("BatchWriteItem", R"({"RequestItems":{"hash":[)" + meets + "]}}"),
            boost::json::parse(R"({"UnprocessedItems":{"hash":[)" + meets + "]}}"));
  EXPECT_TRUE(db.ok("GetItem", R"({"TableName":"hash","Key":{"id":{"S":"d"}}})").contains("Item"));

  held.release();
  EXPECT_EQ(first.get().error, "");
  EXPECT_EQ(number("a"), 2);
  put_item("a");
}

TEST_F(TransactionConflict, ATransactionWaitsForAWriteInProgress) {
  put_item("a", R"(,"n":{"N":"1"})");
  HeldItem held(*db.store(), only_key());
  auto plain = db.start("UpdateItem", R"({"TableName":"hash","Key":{"id":{"S":"a"}},"UpdateExpression":"ADD n :n",
                                          "ExpressionAttributeValues":{":n":{"N":"10"}}})");
  auto transaction = db.start("TransactWriteItems", items({add("a", 1)}));
  held.release();
  EXPECT_EQ(plain.get().error, "");
  EXPECT_EQ(transaction.get().error, "");
  EXPECT_EQ(number("a"), 12);
}

TEST_F(ClientRequestToken, SecondRequestWritesNothing) {
  const std::string body = items({add("a", 1)}, with_token("t") + R"(,"ReturnConsumedCapacity":"TOTAL")");
  EXPECT_EQ(db.ok("TransactWriteItems", body).at("ConsumedCapacity").at(0).at("WriteCapacityUnits").to_number<double>(),
            2.0);
  EXPECT_EQ(db.ok("TransactWriteItems", body).at("ConsumedCapacity"),
            boost::json::parse(R"([{"TableName":"hash","CapacityUnits":2.0,"ReadCapacityUnits":2.0}])"));
  EXPECT_EQ(number("a"), 1);
  db.ok("TransactWriteItems", items({add("a", 1)}, with_token("other")));
  EXPECT_EQ(number("a"), 2);
}

TEST_F(ClientRequestToken, OtherParametersAreRefusedInWhateverOrder) {
  const std::string one = items({put("a", R"(,"x":{"S":"1"},"y":{"S":"2"})")}, with_token("t"));
  db.ok("TransactWriteItems", one);
  db.ok("TransactWriteItems", items({put("a", R"(,"y":{"S":"2"},"x":{"S":"1"})")}, with_token("t")));
  EXPECT_EQ(db.call("TransactWriteItems", items({put("a", R"(,"y":{"S":"1"},"x":{"S":"2"})")}, with_token("t"))).error,
            "IdempotentParameterMismatchException");
}

TEST_F(ClientRequestToken, IsForgottenAfterTenMinutes) {
  const std::string body = items({add("a", 1)}, with_token("t"));
  db.ok("TransactWriteItems", body);
  db.clock.advance(std::chrono::minutes(9));
  db.ok("TransactWriteItems", body);
  EXPECT_EQ(number("a"), 1);
  db.clock.advance(std::chrono::minutes(1));
  db.ok("TransactWriteItems", body);
  EXPECT_EQ(number("a"), 2);
}

TEST_F(ClientRequestToken, OfACancelledTransactionIsFree) {
  const std::string body = items({check("a", "attribute_exists(id)"), put("b")}, with_token("t"));
  EXPECT_EQ(db.call("TransactWriteItems", body).error, "TransactionCanceledException");
  put_item("a");
  db.ok("TransactWriteItems", body);
  EXPECT_FALSE(item("b").is_null());
}

TEST_F(ClientRequestToken, AnswersAfterCrashAndRestart) {
  const std::string body = items({add("a", 1), add("b", 1)}, with_token("t"));
  db.ok("TransactWriteItems", body);
  db.crash();
  db.ok("TransactWriteItems", body);
  db.restart();
  db.ok("TransactWriteItems", body);
  EXPECT_EQ(number("a"), 1);
  EXPECT_EQ(number("b"), 1);
}

TEST_F(ClientRequestToken, InProgressIsSaid) {
  put_item("a", R"(,"n":{"N":"1"})");
  HeldItem held(*db.store(), only_key());
  const std::string body = items({add("a", 1)}, with_token("t"));
  auto first = db.start("TransactWriteItems", body);
  wait_until_in_flight("a");
  EXPECT_EQ(db.error("TransactWriteItems", body),
            "TransactionInProgressException: The transaction with the given request token is already in progress.");
  held.release();
  EXPECT_EQ(first.get().error, "");
  db.ok("TransactWriteItems", body);
  EXPECT_EQ(number("a"), 2);
}

TEST_F(ClientRequestToken, IsLookedForInTheCommitItself) {
  put_item("a", R"(,"n":{"N":"1"})");
  TestService second(db);  // which does not know what the first one has under way
  HeldItem held(*db.store(), only_key());
  const std::string body = items({add("a", 1)}, with_token("t"));
  auto first = db.start("TransactWriteItems", body);
  wait_until_in_flight("a");
  auto again = second.start("TransactWriteItems", body);
  while (second.call("TransactGetItems", items({get("a")})).error.empty()) std::this_thread::yield();
  held.release();
  EXPECT_EQ(first.get().error, "");
  EXPECT_EQ(again.get().error, "");
  EXPECT_EQ(number("a"), 2);
}

TEST_F(ClientRequestToken, ExpiredOnesAreRemoved) {
  auto tokens = [&] {
    return run_task([](store::Store& store) -> Task<int> {
      auto body = [](store::Reader& reader) {
        int count = 0;
        auto cursor = reader.scan(store::Range::of_prefix(std::string{store::kDynamoDbSpace, 't'}));
        for (; cursor->valid(); cursor->next()) count += 1;
        return count;
      };
      co_return co_await store.read(body);
    }(*db.store()));
  };
  for (int i = 0; i < 3; ++i) db.ok("TransactWriteItems", items({add("a", 1)}, with_token("t" + std::to_string(i))));
  db.clock.advance(std::chrono::minutes(20));
  db.ok("TransactWriteItems", items({add("a", 1)}, with_token("new")));
  EXPECT_EQ(tokens(), 4);
  db.restart();  // a sweep comes first thing
  while (tokens() > 1) std::this_thread::yield();
  EXPECT_EQ(tokens(), 1);
}

// Money moves between accounts from several loops at once; whoever looks sees all of it.
TEST_F(Transactions, TransfersAreSerializable) {
  constexpr int kAccounts = 5, kMoney = 100, kTransfers = 300;
  for (int i = 0; i < kAccounts; ++i)
    put_item("acc" + std::to_string(i), R"(,"n":{"N":")" + std::to_string(kMoney) + R"("})");
  std::vector<std::string> all;
  for (int i = 0; i < kAccounts; ++i) all.push_back(get("acc" + std::to_string(i)));
  const std::string read_all = items(all);
  auto account = [](int i) { return "acc" + std::to_string(i % kAccounts); };

  std::atomic<int> done = 0, looked = 0;
  auto work = [&](int thread) {
    for (int i = 0; i < kTransfers; ++i) {
      const int from = (i * 7 + thread) % kAccounts, to = from + 1 + (i + thread) % (kAccounts - 1);
      const std::size_t loop = static_cast<std::size_t>(thread) % 2;
      Answer moved = db.call("TransactWriteItems",
                             items({add(account(from), -1, "attribute_exists(id)"), add(account(to), 1)}), loop);
      if (moved.error.empty()) done += 1;
      else EXPECT_EQ(moved.error, "TransactionCanceledException") << moved.message;
      Answer seen = db.call("TransactGetItems", read_all, 1 - loop);
      if (!seen.error.empty()) continue;
      int sum = 0;
      for (const auto& response : seen.body.at("Responses").as_array())
        sum += std::stoi(std::string(response.at("Item").at("n").at("N").as_string()));
      EXPECT_EQ(sum, kAccounts * kMoney);
      looked += 1;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(done, 0);
  EXPECT_GT(looked, 0);
  std::int64_t sum = 0;
  for (int i = 0; i < kAccounts; ++i) sum += number(account(i));
  EXPECT_EQ(sum, kAccounts * kMoney);
}

}  // namespace
}  // namespace brume::dynamodb
