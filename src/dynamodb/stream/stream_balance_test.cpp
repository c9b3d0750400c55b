// `brume store check` and streams: what it accepts, and what it finds.
#include <gmock/gmock.h>

#include "dynamodb/check.h"
#include "dynamodb/stream/stream_record.h"
#include "dynamodb/stream/stream_test_support.h"
#include "store/key_spaces.h"

namespace brume::dynamodb {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class StreamCheck : public StreamTest, public testing::WithParamInterface<const char*> {
 protected:
  using Entries = std::map<std::string, std::string>;

  void create() {
    db.ok("CreateTable", R"({"TableName":"whole","BillingMode":"PAY_PER_REQUEST",
      "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],
      "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
      "StreamSpecification":{"StreamEnabled":true,"StreamViewType":")" +
                             std::string(GetParam()) + R"("}})");
    for (int i = 0; i < 20; ++i) put("k" + std::to_string(i), i);
    for (int i = 0; i < 10; ++i) put("k" + std::to_string(i), i + 1);
    for (int i = 5; i < 15; ++i)
      db.ok("DeleteItem", R"({"TableName":"whole","Key":{"id":{"S":"k)" + std::to_string(i) + R"("}}})");
  }
  void put(const std::string& id, int value) {
    db.ok("PutItem",
          R"({"TableName":"whole","Item":{"id":{"S":")" + id + R"("},"v":{"N":")" + std::to_string(value) + R"("}}})");
  }
  Entries entries() {
    auto body = [](store::Reader& reader) {
      Entries all;
      for (auto cursor = reader.scan(store::Range::of_prefix(std::string(1, store::kDynamoDbSpace))); cursor->valid();
           cursor->next())
        all.emplace(cursor->key(), cursor->value());
      return all;
    };
    return store::testing::run_task((*db.store()).read(body));
  }
  static std::vector<std::string> problems(const Entries& entries) {
    std::vector<std::string> found;
    EntryChecker checker([&](std::string problem) { found.push_back(std::move(problem)); });
    for (const auto& [key, value] : entries) checker.see(key, value);
    checker.finish();
    return found;
  }
  static bool is_record(std::string_view key) {
    return kind_of(key) == 's' && static_cast<StreamEntry>(key[kStreamPrefixBytes]) == StreamEntry::record;
  }
};

TEST_P(StreamCheck, AcceptsWhatIsThereAndMissesWhatIsNot) {
  create();
  Entries all = entries();
  EXPECT_THAT(problems(all), IsEmpty());
  for (auto entry = all.begin(); entry != all.end(); ++entry) {
    if (!is_record(entry->first)) continue;
    const bool modify = StreamRecordView(entry->second).event == StreamEvent::modify;
    const bool has_both = std::string_view(GetParam()) == "NEW_AND_OLD_IMAGES";
    Entries without = all;
    without.erase(entry->first);
    if (modify && !has_both) {
      EXPECT_THAT(problems(without), IsEmpty());
    } else {
      EXPECT_THAT(problems(without), ElementsAre(HasSubstr("do not add up to its items")));
    }
  }
}

TEST_P(StreamCheck, KnowsStreamsOfDeletedAndTrimmedTables) {
  create();
  db.clock.advance(std::chrono::hours(24));
  put("young", 1);
  ASSERT_TRUE(eventually([&] { return read_all(text_of(table("whole"), "LatestStreamArn")).size() == 1; }));
  EXPECT_THAT(problems(entries()), IsEmpty());
  db.ok("DeleteTable", R"({"TableName":"whole"})");
  ASSERT_TRUE(eventually([&] { return db.call("DescribeTable", R"({"TableName":"whole"})").error != ""; }));
  EXPECT_THAT(problems(entries()), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Views, StreamCheck,
                         testing::Values("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"));

}  // namespace
}  // namespace brume::dynamodb
