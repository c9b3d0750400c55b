#include "server/owner.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/error.h"
#include "store/testing/temporary_store.h"

namespace brume::server {
namespace {

using store::testing::run_task;

constexpr const char* kAccount = "111122223333";

service::Caller caller(std::string account, std::string arn, std::string on_behalf_of = "") {
  return {std::move(account), "AKIA", std::move(arn), "AIDA", std::move(on_behalf_of)};
}

TEST(Owner, IsTheRootAndTheUsersOfTheServersAccount) {
  EXPECT_TRUE(is_owner(caller(kAccount, "arn:aws:iam::111122223333:user/admin"), kAccount));
  EXPECT_TRUE(is_owner(caller(kAccount, "arn:aws:iam::111122223333:root"), kAccount));
}

TEST(Owner, IsNoSessionAndNoOtherAccount) {
  EXPECT_FALSE(is_owner(caller("444455556666", "arn:aws:iam::444455556666:user/admin"), kAccount));
  EXPECT_FALSE(is_owner(caller(kAccount, "arn:aws:sts::111122223333:assumed-role/r/s"), kAccount));
  EXPECT_FALSE(is_owner(caller(kAccount, "arn:aws:sts::111122223333:federated-user/f"), kAccount));
  EXPECT_FALSE(is_owner(caller(kAccount, "arn:aws:iam::111122223333:user/x", "lambda.amazonaws.com"), kAccount));
  EXPECT_FALSE(is_owner(caller(kAccount, ""), kAccount));
}

TEST(Owner, ItsKeysLeaveAnAuditRecord) {
  store::testing::TemporaryStore store;
  ManualClock clock;
  SeededRandom random{1};
  iam::Iam iam(*store, clock, random, iam::Options{kAccount});
  observe::Audit audit(*store, random, clock, {});
  const auto made = run_task(create_key(iam, audit, clock, {kAccount, "ann", "eu-west-1"}));
  const auto records = run_task(audit.list(kAccount, {}, clock.now() + std::chrono::hours(1), 10));
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].at("eventName"), "CreateAccessKey");
  EXPECT_EQ(records[0].at("awsRegion"), "eu-west-1");
  EXPECT_EQ(records[0].at("requestParameters").at("userName"), "ann");
  EXPECT_EQ(boost::json::serialize(records[0]).find(made.secret_access_key), std::string::npos);
}

TEST(Owner, ARefusedKeyLeavesNone) {
  store::testing::TemporaryStore store;
  ManualClock clock;
  SeededRandom random{1};
  iam::Iam iam(*store, clock, random, iam::Options{kAccount});
  observe::Audit audit(*store, random, clock, {});
  EXPECT_THROW(run_task(create_key(iam, audit, clock, {kAccount, "a b", "eu-west-1"})), AwsError);
  EXPECT_TRUE(run_task(audit.list(kAccount, {}, clock.now() + std::chrono::hours(1), 10)).empty());
}

}  // namespace
}  // namespace brume::server
