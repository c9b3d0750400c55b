#include "dynamodb/check.h"
#include "dynamodb/test_service.h"

namespace brume::dynamodb {
namespace {

using CreateTable = DynamoDbTest;
using UpdateTable = DynamoDbTest;
using DeleteTable = DynamoDbTest;
using TableCatalog = DynamoDbTest;
using Counters = DynamoDbTest;

std::string create_body(std::string_view name, std::string_view definitions, std::string_view schema,
                        std::string_view more = R"(,"BillingMode":"PAY_PER_REQUEST")") {
  return R"({"TableName":")" + std::string(name) + R"(","AttributeDefinitions":)" + std::string(definitions) +
         R"(,"KeySchema":)" + std::string(schema) + std::string(more) + "}";
}
constexpr std::string_view kIdS = R"([{"AttributeName":"id","AttributeType":"S"}])";
constexpr std::string_view kHashId = R"([{"AttributeName":"id","KeyType":"HASH"}])";

TEST_F(CreateTable, DescribesItself) {
  auto reply = db.ok(
      "CreateTable",
      create_body("new", kIdS, kHashId, R"(,"ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":6},
    "Tags":[{"Key":"k","Value":"v"}],"TableClass":"STANDARD_INFREQUENT_ACCESS",
      "DeletionProtectionEnabled":true,"SSESpecification":{"Enabled":true})"));
  const auto& description = reply.at("TableDescription").as_object();
  EXPECT_EQ(description.at("TableArn"), "arn:aws:dynamodb:us-east-1:000000000000:table/new");
  EXPECT_EQ(description.at("TableId").as_string().size(), 36u);
  EXPECT_EQ(description.at("ItemCount"), 0);
  EXPECT_EQ(description.at("CreationDateTime").to_number<double>(), 1'700'000'000.0);
  EXPECT_EQ(description.at("ProvisionedThroughput"),
            json_of(R"({"NumberOfDecreasesToday":0,"ReadCapacityUnits":5,"WriteCapacityUnits":6})"));
  EXPECT_EQ(description.at("DeletionProtectionEnabled"), true);
  EXPECT_EQ(description.at("TableClassSummary"), json_of(R"({"TableClass":"STANDARD_INFREQUENT_ACCESS"})"));
  EXPECT_FALSE(description.contains("SSEDescription")) << "nothing is encrypted, so nothing says so";
  EXPECT_EQ(description.at("AttributeDefinitions"), boost::json::parse(kIdS));
  EXPECT_EQ(description.at("KeySchema"), boost::json::parse(kHashId));
  EXPECT_FALSE(description.contains("BillingModeSummary"));
  EXPECT_EQ(table("hash").at("BillingModeSummary").at("BillingMode"), "PAY_PER_REQUEST");
  EXPECT_EQ(db.ok("ListTagsOfResource", R"({"ResourceArn":"arn:aws:dynamodb:us-east-1:000000000000:table/new"})"),
            json_of(R"({"Tags":[{"Key":"k","Value":"v"}]})"));
}

TEST_F(CreateTable, ReportsAwsTexts) {
  auto failure = [&](std::string_view definitions, std::string_view schema,
                     std::string_view more = R"(,"BillingMode":"PAY_PER_REQUEST")") {
    std::string text = db.error("CreateTable", create_body("new", definitions, schema, more));
    EXPECT_TRUE(text.starts_with("ValidationException: "));
    return text.substr(21);
  };
  EXPECT_EQ(db.error("CreateTable", create_body("hash", kIdS, kHashId)),
            "ResourceInUseException: Table already exists: hash");
  EXPECT_EQ(db.error("CreateTable", create_body("ab", kIdS, kHashId)),
            "ValidationException: 1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: "
            "Member must have length greater than or equal to 3");
  EXPECT_EQ(failure(kIdS, R"([{"AttributeName":"x","KeyType":"HASH"}])"),
            "One or more parameter values were invalid: Some index key attributes are not defined in "
            "AttributeDefinitions. Keys: [x], AttributeDefinitions: [id]");
  EXPECT_EQ(failure(kIdS, R"([{"AttributeName":"id","KeyType":"HASH"},{"AttributeName":"id","KeyType":"RANGE"}])"),
            "Invalid KeySchema: Some index key attribute have no definition");
  EXPECT_EQ(failure(kIdS, R"([{"AttributeName":"id","KeyType":"RANGE"}])"),
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
  EXPECT_EQ(
      failure(R"([{"AttributeName":"id","AttributeType":"S"},{"AttributeName":"x","AttributeType":"S"}])", kHashId),
      "One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number "
      "of attributes defined in AttributeDefinitions");
  EXPECT_EQ(
      failure(kIdS,
              R"([{"AttributeName":"a","KeyType":"HASH"},{"AttributeName":"b","KeyType":"RANGE"},
            {"AttributeName":"c","KeyType":"RANGE"}])"),
      "1 validation error detected: Value '[KeySchemaElement(attributeName=a, keyType=HASH), KeySchemaElement("
      "attributeName=b, keyType=RANGE), KeySchemaElement(attributeName=c, keyType=RANGE)]' at 'keySchema' failed to "
      "satisfy constraint: Member must have length less than or equal to 2");
  EXPECT_EQ(
      failure(kIdS, kHashId, ""),
      "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified "
      "when BillingMode is PROVISIONED");
  EXPECT_EQ(
      failure(
          kIdS, kHashId,
          R"(,"BillingMode":"PAY_PER_REQUEST","ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":5})"),
      "One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
      "when BillingMode is PAY_PER_REQUEST");
  EXPECT_EQ(
      failure(kIdS, kHashId, R"(,"ProvisionedThroughput":{"ReadCapacityUnits":1000000000001,"WriteCapacityUnits":5})"),
      "Given value 1000000000001 for ReadCapacityUnits is out of bounds");
}

TEST_F(CreateTable, NamesTheFeatureThatIsMissing) {
  EXPECT_EQ(db.error("CreateTable",
                     create_body("new", kIdS, kHashId, R"(,"BillingMode":"PAY_PER_REQUEST","ResourcePolicy":"{}")")),
            "UnsupportedOperationException: Brume does not support resource policies of tables yet.");
}

TEST_F(TableCatalog, AreListedInPages) {
  db.ok("CreateTable", create_body("another", kIdS, kHashId));
  EXPECT_EQ(db.ok("ListTables", "{}"), json_of(R"({"TableNames":["another","hash","range"]})"));
  EXPECT_EQ(db.ok("ListTables", R"({"Limit":2})"),
            json_of(R"({"LastEvaluatedTableName":"hash","TableNames":["another","hash"]})"));
  EXPECT_EQ(db.ok("ListTables", R"({"ExclusiveStartTableName":"hash"})"), json_of(R"({"TableNames":["range"]})"));
}

TEST_F(TableCatalog, SurviveARestart) {
  db.ok("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"a"}}})");
  auto before = table("hash");
  db.restart();
  EXPECT_EQ(table("hash"), before);
  EXPECT_EQ(before.at("ItemCount"), 1);
  EXPECT_EQ(db.ok("GetItem", R"({"TableName":"hash","Key":{"id":{"S":"a"}}})"),
            json_of(R"({"Item":{"id":{"S":"a"}}})"));
}

TEST_F(TableCatalog, TellWhatIsAbsent) {
  EXPECT_EQ(db.error("DescribeTable", R"({"TableName":"nope"})"),
            "ResourceNotFoundException: Requested resource not found: Table: nope not found");
  EXPECT_EQ(db.ok("DescribeTimeToLive", R"({"TableName":"hash"})"),
            json_of(R"({"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}})"));
  EXPECT_EQ(db.ok("DescribeContinuousBackups", R"({"TableName":"hash"})"),
            json_of(R"({"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED",
              "PointInTimeRecoveryDescription":{"PointInTimeRecoveryStatus":"DISABLED"}}})"));
  EXPECT_EQ(db.error("DescribeContinuousBackups", R"({"TableName":"nope"})"),
            "TableNotFoundException: Table not found: nope");
  EXPECT_EQ(db.ok("DescribeLimits", "{}").at("TableMaxReadCapacityUnits"), 40'000);
  EXPECT_EQ(db.ok("DescribeEndpoints", "{}").at("Endpoints").as_array().size(), 1u);
}

TEST_F(UpdateTable, ChangesBillingAndProtection) {
  auto reply = db.ok("UpdateTable",
                     R"({"TableName":"hash","BillingMode":"PROVISIONED",
        "ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":5}})");
  EXPECT_EQ(reply.at("TableDescription").at("ProvisionedThroughput").at("ReadCapacityUnits"), 5);
  EXPECT_EQ(table("hash").at("BillingModeSummary").at("BillingMode"), "PROVISIONED");
  EXPECT_EQ(
      db.error("UpdateTable",
               R"({"TableName":"hash","ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":5}})"),
      "ValidationException: The provisioned throughput for the table will not change. The requested value equals the "
      "current value. Current ReadCapacityUnits provisioned for the table: 5. Requested ReadCapacityUnits: 5. "
      "Current "
      "WriteCapacityUnits provisioned for the table: 5. Requested WriteCapacityUnits: 5. Refer to the Amazon "
      "DynamoDB "
      "Developer Guide for current limits and how to request higher limits.");
  db.ok("UpdateTable",
        R"({"TableName":"hash","ProvisionedThroughput":{"ReadCapacityUnits":3,"WriteCapacityUnits":9}})");
  EXPECT_EQ(table("hash").at("ProvisionedThroughput").at("NumberOfDecreasesToday"), 1);
  db.ok("UpdateTable", R"({"TableName":"hash","BillingMode":"PAY_PER_REQUEST"})");
  EXPECT_EQ(table("hash").at("ProvisionedThroughput").at("ReadCapacityUnits"), 0);
  db.ok("UpdateTable", R"({"TableName":"hash","DeletionProtectionEnabled":true})");
  EXPECT_EQ(db.error("DeleteTable", R"({"TableName":"hash"})"),
            "ValidationException: Resource cannot be deleted as it is currently protected against deletion. Disable "
            "deletion "
            "protection first.");
  EXPECT_EQ(db.error("UpdateTable", R"({"TableName":"hash"})"),
            "ValidationException: At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
            "GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, "
            "ReplicaTransitRoleArn, MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, "
            "WarmThroughput or TableClass is required");
}

TEST_F(UpdateTable, TagsAreMergedAndRemoved) {
  std::string arn = R"({"ResourceArn":"arn:aws:dynamodb:us-east-1:000000000000:table/hash")";
  db.ok("TagResource", arn + R"(,"Tags":[{"Key":"a","Value":"1"},{"Key":"b","Value":"2"}]})");
  db.ok("TagResource", arn + R"(,"Tags":[{"Key":"a","Value":"3"}]})");
  db.ok("UntagResource", arn + R"(,"TagKeys":["b","absent"]})");
  EXPECT_EQ(db.ok("ListTagsOfResource", arn + "}"), json_of(R"({"Tags":[{"Key":"a","Value":"3"}]})"));
  EXPECT_EQ(db.error("ListTagsOfResource", R"({"ResourceArn":"arn:aws:dynamodb:us-east-1:000000000000:table/nope"})"),
            "ResourceNotFoundException: Requested resource not found: ResourcArn: "
            "arn:aws:dynamodb:us-east-1:000000000000:table/nope not found");
}

TEST(TableStatus, WarmThroughputOfANewTableIsToldOnlyWhereItWasAskedFor) {
  TestService db;
  auto create = [&](std::string_view name, std::string_view warm) {
    return db
        .ok("CreateTable", R"({"TableName":")" + std::string(name) + R"(","BillingMode":"PAY_PER_REQUEST",
          "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],
          "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"GlobalSecondaryIndexes":[{"IndexName":"gsi",
            "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"})" +
                               std::string(warm) + "}]" + std::string(warm) + "}")
        .at("TableDescription")
        .as_object();
  };
  const auto plain = create("plain", "");
  EXPECT_FALSE(plain.contains("WarmThroughput"));
  EXPECT_FALSE(plain.at("GlobalSecondaryIndexes").at(0).as_object().contains("WarmThroughput"));
  const auto warm = create("warm", R"(,"WarmThroughput":{"ReadUnitsPerSecond":13000,"WriteUnitsPerSecond":5000})");
  const auto updating = json_of(R"({"ReadUnitsPerSecond":13000,"WriteUnitsPerSecond":5000,"Status":"UPDATING"})");
  EXPECT_EQ(warm.at("WarmThroughput"), updating);
  EXPECT_EQ(warm.at("GlobalSecondaryIndexes").at(0).at("WarmThroughput"), updating);
  const auto later = db.ok("DescribeTable", R"({"TableName":"plain"})").at("Table").as_object();
  EXPECT_EQ(later.at("WarmThroughput").at("Status"), "ACTIVE");
}

TEST(TableStatus, IsWaitedOutBeforeItIsDescribed) {
  Options options;
  options.status_delay = std::chrono::seconds(10);
  options.settle_wait = std::chrono::seconds(20);
  TestService db(options);
  db.ok("CreateTable", create_body("slow", kIdS, kHashId));
  auto described = db.start("DescribeTable", R"({"TableName":"slow"})");
  EXPECT_EQ(described.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  db.clock.advance(std::chrono::seconds(11));
  EXPECT_EQ(described.get().body.at("Table").at("TableStatus"), "ACTIVE");
  db.ok("DeleteTable", R"({"TableName":"slow"})");
  described = db.start("DescribeTable", R"({"TableName":"slow"})");
  EXPECT_EQ(described.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  db.clock.advance(std::chrono::seconds(11));
  EXPECT_EQ(described.get().error, "ResourceNotFoundException");
}

TEST(TableStatus, IsShownAsItIsWhenTheTimeToWaitIsOver) {
  Options options;
  options.status_delay = std::chrono::seconds(10);
  options.settle_wait = std::chrono::seconds(3);
  TestService db(options);
  db.ok("CreateTable", create_body("slow", kIdS, kHashId));
  auto described = db.start("DescribeTable", R"({"TableName":"slow"})");
  EXPECT_EQ(described.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  db.clock.advance(std::chrono::seconds(4));
  EXPECT_EQ(described.get().body.at("Table").at("TableStatus"), "CREATING");
}

TEST(TableStatus, SettlesByTheClock) {
  Options options;
  options.status_delay = std::chrono::seconds(10);
  TestService db(options);
  db.ok("CreateTable", create_body("slow", kIdS, kHashId));
  auto status = [&] {
    return std::string(db.ok("DescribeTable", R"({"TableName":"slow"})").at("Table").at("TableStatus").as_string());
  };
  EXPECT_EQ(status(), "CREATING");
  EXPECT_EQ(db.error("GetItem", R"({"TableName":"slow","Key":{"id":{"S":"a"}}})"),
            "ResourceNotFoundException: Requested resource not found");
  EXPECT_EQ(db.error("DeleteTable", R"({"TableName":"slow"})"),
            "ResourceInUseException: Attempt to change a resource which is still in use: Table is being created: slow");
  db.clock.advance(std::chrono::seconds(11));
  EXPECT_EQ(status(), "ACTIVE");
  db.ok("PutItem", R"({"TableName":"slow","Item":{"id":{"S":"a"}}})");
  db.ok("UpdateTable",
        R"({"TableName":"slow","BillingMode":"PROVISIONED",
        "ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":5}})");
  EXPECT_EQ(status(), "UPDATING");
  db.ok("GetItem", R"({"TableName":"slow","Key":{"id":{"S":"a"}}})");
  EXPECT_EQ(db.error("UpdateTable", R"({"TableName":"slow","BillingMode":"PAY_PER_REQUEST"})"),
            "ResourceInUseException: Attempt to change a resource which is still in use: Table is being updated: slow");
  EXPECT_EQ(db.error("DeleteTable", R"({"TableName":"slow"})"),
            "ResourceInUseException: Attempt to change a resource which is still in use: Table is being updated: slow");
  db.clock.advance(std::chrono::seconds(11));
  db.ok("DeleteTable", R"({"TableName":"slow"})");
  EXPECT_EQ(status(), "DELETING");
  EXPECT_EQ(db.ok("DeleteTable", R"({"TableName":"slow"})").at("TableDescription").at("TableStatus"), "DELETING");
  EXPECT_EQ(db.error("CreateTable", create_body("slow", kIdS, kHashId)),
            "ResourceInUseException: Table already exists: slow");
  db.clock.advance(std::chrono::seconds(11));
  EXPECT_EQ(db.error("DescribeTable", R"({"TableName":"slow"})"),
            "ResourceNotFoundException: Requested resource not found: Table: slow not found");
}

/// Everything in the store, as `brume store check` sees it.
std::vector<std::string> faults(TestService& db, std::uint64_t& items) {
  std::vector<std::string> reports;
  auto look = [](store::Store& store, std::vector<std::string>& reports, std::uint64_t& items) -> Task<> {
    auto body = [&](store::Reader& reader) {  // may run twice: all of it begins anew
      reports.clear();
      EntryChecker checker([&](std::string report) { reports.push_back(std::move(report)); });
      for (auto cursor = reader.scan(store::Range{}); cursor->valid(); cursor->next())
        checker.see(cursor->key(), cursor->value());
      checker.finish();
      items = checker.items();
    };
    co_await store.read(body);
  };
  db.run(look(*db.store(), reports, items));
  return reports;
}

TEST_F(DeleteTable, RemovesItemsBehindANewTableOfTheName) {
  for (int i = 0; i < 50; ++i) put_range("a", i);
  auto old_id = table("range").at("TableId");
  auto reply = db.ok("DeleteTable", R"({"TableName":"range"})");
  EXPECT_FALSE(reply.at("TableDescription").as_object().contains("KeySchema"));
  db.ok("CreateTable", create_body("range", kIdS, kHashId));
  EXPECT_NE(table("range").at("TableId"), old_id);
  EXPECT_EQ(db.ok("Scan", R"({"TableName":"range","Select":"COUNT"})"), json_of(R"({"Count":0,"ScannedCount":0})"));
  std::uint64_t items = 1;
  for (int i = 0; i < 5000 && items; ++i) {
    faults(db, items);
    if (items) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(items, 0u);
  EXPECT_EQ(db.ok("ListTables", "{}"), json_of(R"({"TableNames":["hash","range"]})"));
}

TEST_F(CreateTable, ADamagedRecordLeavesTheOtherTables) {
  put_range("a", 1);
  auto damage = [](store::Store& store) -> Task<> {
    auto body = [](store::Transaction& transaction) {
      transaction.put(table_record_key("000000000000", "us-east-1", "hash"), "{");
    };
    co_await store.run({}, body);
  };
  db.close();
  db.run(damage(*db.store()));
  db.open();
  EXPECT_EQ(db.call("DescribeTable", R"({"TableName":"hash"})").error, "InternalServerError");
  EXPECT_EQ(db.call("GetItem", R"({"TableName":"hash","Key":{"id":{"S":"a"}}})").error, "InternalServerError");
  EXPECT_EQ(db.call("DescribeTable", R"({"TableName":"none"})").error, "ResourceNotFoundException");
  EXPECT_EQ(db.ok("DescribeTable", R"({"TableName":"range"})").at("Table").at("TableName"), "range");
  EXPECT_EQ(db.ok("ListTables", "{}"), json_of(R"({"TableNames":["range"]})"));
}

TEST_F(DeleteTable, RemovalGoesOnAfterACrash) {
  for (int i = 0; i < 50; ++i) put_range("a", i);
  // The state of a store that crashed right after the deletion was committed.
  auto mark = [](store::Store& store) -> Task<> {
    auto body = [](store::Transaction& transaction) {
      std::vector<std::pair<std::string, std::string>> records;
      for (auto cursor = transaction.scan(table_records()); cursor->valid(); cursor->next()) {
        Table table = decode_table(cursor->value());
        if (table.name != "range") continue;
        table.change = TableStatus::deleting;
        table.revision += 1;
        transaction.put(table.record_key(), encode_table(table));
        transaction.put(removal_key(table.id), "");
      }
    };
    co_await store.run({}, body);
  };
  db.close();
  db.run(mark(*db.store()));
  db.open();
  std::uint64_t items = 1;
  for (int i = 0; i < 5000 && items; ++i) {
    faults(db, items);
    if (items) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(items, 0u);
}

TEST_F(Counters, AreExactAfterARestartAndAfterACrash) {
  for (int i = 0; i < 20; ++i) put_range("a", i);
  db.ok("DeleteItem", R"({"TableName":"range","Key":{"pk":{"S":"a"},"sk":{"N":"3"}}})");
  auto size = table("range").at("TableSizeBytes");
  EXPECT_EQ(size, 19 * 7 - 1);  // "pk" "a" "sk" and a number of 2 bytes; 0 takes one
  EXPECT_EQ(item_count("range"), 19);
  db.restart();
  EXPECT_EQ(item_count("range"), 19);
  EXPECT_EQ(table("range").at("TableSizeBytes"), size);
  put_range("b", 1);
  db.crash();
  for (int i = 0; i < 5000 && item_count("range") != 20; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(item_count("range"), 20);
}

/// Is there a record of the table's numbers? A stop writes those that are exact.
bool has_counters_record(TestService& db, std::string_view name) {
  bool found = false;
  auto look = [](store::Store& store, std::string_view name, bool& found) -> Task<> {
    auto body = [&](store::Reader& reader) {
      std::string record;
      for (auto cursor = reader.scan(table_records()); cursor->valid(); cursor->next()) {
        const Table table = decode_table(cursor->value());
        if (table.name == name) found = reader.get(counters_key(table.id), record);
      }
    };
    co_await store.read(body);
  };
  db.run(look(*db.store(), name, found));
  return found;
}

TEST_F(Counters, BecomeExactAlthoughWritesDisturbedTheRecount) {
  for (int i = 0; i < 3000; ++i) put_range("a", i);
  db.crash();
  for (int i = 2999; i >= 2700; --i)  // while it is counted, from the end
    db.ok("DeleteItem", R"({"TableName":"range","Key":{"pk":{"S":"a"},"sk":{"N":")" + std::to_string(i) + R"("}}})");
  std::this_thread::sleep_for(std::chrono::seconds(2));  // a second recount begins after half a second
  EXPECT_EQ(item_count("range"), 2700);
  db.close();
  EXPECT_TRUE(has_counters_record(db, "range"));
  db.open();
  EXPECT_EQ(item_count("range"), 2700);
}

TEST_F(Counters, CheckerAgreesWithWhatTheServiceWrote) {
  for (int i = 0; i < 20; ++i) put_range("a", i);
  db.ok("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"x"},"l":{"L":[{"N":"1"}]}}})");
  db.close();
  std::uint64_t items = 0;
  EXPECT_EQ(faults(db, items), std::vector<std::string>());
  EXPECT_EQ(items, 21u);
  db.open();
}

TEST_F(Counters, CheckerReportsWhatIsWrong) {
  db.ok("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"x"}}})");
  auto damage = [](store::Store& store) -> Task<> {
    auto body = [](store::Transaction& transaction) {
      for (auto cursor = transaction.scan({"di", "dj"}); cursor->valid(); cursor->next()) {
        std::string other(cursor->key());
        other[other.size() - 3] = 'y';  // the key of item "y"
        transaction.put(other, cursor->value());
        transaction.put(std::string(cursor->key()), "\x7f");
      }
    };
    co_await store.run({}, body);
  };
  db.run(damage(*db.store()));
  std::uint64_t items = 0;
  auto reports = faults(db, items);
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_NE(reports[0].find("item is malformed"), std::string::npos);
  EXPECT_NE(reports[1].find("do not agree with the key"), std::string::npos);
}

}  // namespace
}  // namespace brume::dynamodb
