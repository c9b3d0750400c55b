#include "lambda/registry.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "lambda/keys.h"
#include "store/testing/temporary_store.h"

namespace brume::lambda {
namespace {

using store::testing::run_task;

const FunctionId kSound{"111111111111", "us-east-1", "sound"}, kBad{"111111111111", "us-east-1", "bad"};

struct RegistryTest : ::testing::Test {
  store::testing::TemporaryStore store;
  store::testing::TemporaryFolder folder;
  CodeStore code{folder.path()};

  void write(const FunctionId& id, std::string value) {
    run_task(store->run({"l"}, [&](store::Transaction& transaction) { transaction.put(function_key(id), value); }));
  }
  static FunctionRecord record(const FunctionId& id) {
    FunctionRecord out;
    out.id = id;
    out.runtime = "python3.11";
    out.handler = "i.h";
    out.role = "arn:aws:iam::111111111111:role/r";
    out.code_sha256 = "sha";
    return out;
  }
};

TEST_F(RegistryTest, OneDamagedRecordLeavesTheOthers) {
  for (const std::string& value :
       {std::string("{"), std::string(), std::string("[]"), std::string(R"({"format":99})"),
        std::string(R"({"format":1})"), record(kSound).serialize()}) {  // the last is sound but another function's
    write(kSound, record(kSound).serialize());
    write(kBad, value);
    Registry registry(*store, code);
    run_task(registry.open());
    ASSERT_TRUE(registry.find(kSound)) << value;
    EXPECT_EQ(registry.find(kSound)->damage, "");
    EXPECT_EQ(registry.find(kSound)->record.handler, "i.h");
    ASSERT_TRUE(registry.find(kBad)) << value;
    EXPECT_NE(registry.find(kBad)->damage, "") << value;
    EXPECT_EQ(registry.find(kBad)->record.id, kBad);
    EXPECT_NE(run_task(registry.erase(kBad))->damage, "");
    EXPECT_FALSE(registry.find(kBad)) << "it can be removed";
  }
}

TEST_F(RegistryTest, RecordsOfOlderVersionsGetDefaults) {
  write(kSound, R"({"format":1,"account":"111111111111","region":"us-east-1","name":"sound","runtime":"python3.11",)"
                R"("handler":"i.h","role":"r","code_sha256":"s"})");
  Registry registry(*store, code);
  run_task(registry.open());
  const FunctionPtr function = registry.find(kSound);
  ASSERT_TRUE(function);
  EXPECT_EQ(function->damage, "");
  EXPECT_EQ(function->record.timeout_seconds, 3u);
  EXPECT_EQ(function->record.memory_mb, 128u);
  EXPECT_EQ(function->record.log_group, "/aws/lambda/sound");
}

TEST_F(RegistryTest, ShowsWhatIsCommittedByWhomever) {
  Registry registry(*store, code), other(*store, code);
  run_task(registry.open());
  EXPECT_TRUE(registry.empty());
  run_task(other.create(record(kSound)));
  ASSERT_TRUE(registry.find(kSound));
  run_task(other.change(kSound, [](FunctionRecord& changed) { changed.description = "x"; }));
  EXPECT_EQ(registry.find(kSound)->record.description, "x");
  write(kBad, "{");
  EXPECT_NE(registry.find(kBad)->damage, "");
  EXPECT_EQ(registry.all().size(), 2u);
  EXPECT_EQ(registry.all().front()->record.id, kBad) << "in the order of their names";
  run_task(other.erase(kSound));
  EXPECT_FALSE(registry.find(kSound));
  run_task(registry.create(record(kSound)));
  EXPECT_TRUE(other.find(kSound));
}

}  // namespace
}  // namespace brume::lambda
