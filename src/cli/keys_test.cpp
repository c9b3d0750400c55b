#include <gtest/gtest.h>

#include <filesystem>

#include "cli/commands.h"
#include "cli/run_task.h"
#include "observe/audit.h"
#include "store/testing/temporary_store.h"

namespace brume::cli {
namespace {

using store::testing::TemporaryFolder;

/// What `keys create` prints on each stream, and its status.
struct Printed {
  int status;
  std::string out, err;
};
Printed create(const std::string& folder, const std::string& account, const std::string& user) {
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  const int status = keys_create(folder, account, user);
  std::string out = ::testing::internal::GetCapturedStdout();
  return {status, std::move(out), ::testing::internal::GetCapturedStderr()};
}

std::vector<boost::json::object> audit_records(const std::string& folder, const std::string& account) {
  BlockingPool pool(1);
  auto store = store::open_rocksdb(folder, pool, {});
  SystemRandom random;
  const SystemClock clock;
  observe::Audit audit(*store, random, clock, {});
  auto records = run_task(audit.list(account, {}, clock.now() + std::chrono::hours(1), 10));
  store->close();
  return records;
}

TEST(Keys, WithTheServerStoppedAreMadeInTheStoreAndAudited) {
  const TemporaryFolder folder;
  const Printed made = create(folder.path(), "111122223333", "ann");
  EXPECT_EQ(made.status, 0) << made.err;
  EXPECT_TRUE(made.out.starts_with("export AWS_ACCESS_KEY_ID=AKIA")) << made.out;
  EXPECT_NE(made.out.find("\nexport AWS_SECRET_ACCESS_KEY="), std::string::npos);
  EXPECT_NE(made.err.find("arn:aws:iam::111122223333:user/ann"), std::string::npos);
  const auto records = audit_records(folder.path(), "111122223333");
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].at("eventName"), "CreateAccessKey");
  EXPECT_EQ(records[0].at("userAgent"), "brume keys");
  EXPECT_EQ(records[0].at("requestParameters").at("userName"), "ann");
}

TEST(Keys, RefusalsSayWhy) {
  const TemporaryFolder folder;
  const Printed bad = create(folder.path(), "12", "ann");
  EXPECT_EQ(bad.status, 1);
  EXPECT_EQ(bad.err, "brume: The account must be 12 digits.\n");
  EXPECT_EQ(bad.out, "");
  EXPECT_TRUE(audit_records(folder.path(), "12").empty());
}

}  // namespace
}  // namespace brume::cli
