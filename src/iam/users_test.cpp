#include "iam/testing/iam_fixture.h"

namespace brume::iam::testing {
namespace {

using Users = IamTest;
using AccessKeys = IamTest;

TEST_F(Users, AKnownKeyTellsWhoseItIsWhereCallersAreTakenAtTheirWord) {
  const StoredCredential key = run_task(iam->create_access_key(kAccount, "ann"));
  caller.access_key_id = key.access_key_id;  // and the rest is the root's
  EXPECT_EQ(at(call("GetUser"), "User", "UserName"), "ann");
  new_role("worker");
  caller.access_key_id = issue("worker")->access_key_id;
  EXPECT_EQ(error("GetUser"), "400 ValidationError: Must specify userName when calling with non-User credentials");
}

TEST_F(Users, IdsAreOfBase32) {
  for (int i = 0; i < 20; ++i) {
    const std::string id = at(call("CreateUser", {{"UserName", "u" + std::to_string(i)}}), "User", "UserId");
    EXPECT_EQ(id.size(), 21u);
    EXPECT_EQ(id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), id.npos) << id;
  }
}

TEST_F(Users, CallerIsTheDefaultOfGetUser) {
  EXPECT_EQ(at(call("GetUser"), "User", "Arn"), "arn:aws:iam::123456789012:root");
  EXPECT_EQ(number(call("GetUser").at("User").as_object(), "CreateDate"), 1'700'000'000);
  sign_in(run_task(iam->create_access_key(kAccount, "ann")));
  EXPECT_EQ(at(call("GetUser"), "User", "UserName"), "ann");
  caller.arn = "arn:aws:sts::123456789012:assumed-role/r/s";
  EXPECT_EQ(error("GetUser"), "400 ValidationError: Must specify userName when calling with non-User credentials");
}

TEST_F(Users, RenamingCarriesEverythingOver) {
  const StoredCredential key = run_task(iam->create_access_key(kAccount, "ann"));
  ASSERT_TRUE(find(key.access_key_id));
  const std::string arn = new_policy("reader");
  call("AttachUserPolicy", {{"UserName", "ann"}, {"PolicyArn", arn}});
  call("PutUserPolicy", {{"UserName", "ann"}, {"PolicyName", "in"}, {"PolicyDocument", kDocument}});
  call("UpdateUser", {{"UserName", "ann"}, {"NewUserName", "eve"}, {"NewPath", "/team/"}});
  EXPECT_EQ(find(key.access_key_id)->arn, "arn:aws:iam::123456789012:user/team/eve");
  EXPECT_EQ(find(key.access_key_id)->user_id, key.user_id);
  EXPECT_EQ(error("GetUser", {{"UserName", "ann"}}), "404 NoSuchEntity: The user with name ann cannot be found.");
  EXPECT_EQ(names(call("ListAccessKeys", {{"UserName", "eve"}}), "AccessKeyMetadata", "AccessKeyId"),
            key.access_key_id);
  EXPECT_EQ(names(call("ListUserPolicies", {{"UserName", "eve"}}), "PolicyNames", ""), "in");
  EXPECT_EQ(names(call("ListAttachedUserPolicies", {{"UserName", "eve"}}), "AttachedPolicies", "PolicyName"), "reader");
  EXPECT_EQ(names(call("ListEntitiesForPolicy", {{"PolicyArn", arn}}), "PolicyUsers", "UserName"), "eve");
  new_user("ann");
  EXPECT_EQ(error("UpdateUser", {{"UserName", "eve"}, {"NewUserName", "Ann"}}),
            "409 EntityAlreadyExists: User with name Ann already exists.");
  EXPECT_EQ(call("ListAccessKeys", {{"UserName", "ann"}}).at("AccessKeyMetadata").as_array().size(), 0u);
}

TEST_F(Users, DeletingAsksForAnEmptyUser) {
  new_user("ann");
  const std::string id = at(call("CreateAccessKey", {{"UserName", "ann"}}), "AccessKey", "AccessKeyId");
  EXPECT_EQ(error("DeleteUser", {{"UserName", "ann"}}),
            "409 DeleteConflict: Cannot delete entity, must delete access keys first.");
  call("DeleteAccessKey", {{"UserName", "ann"}, {"AccessKeyId", id}});
  call("DeleteUser", {{"UserName", "ann"}});
  EXPECT_EQ(names(call("ListUsers"), "Users", "UserName"), "");
}

TEST_F(AccessKeys, AreFoundWithTheirSecretAfterReopening) {
  new_user("ann");
  const json::object made = call("CreateAccessKey", {{"UserName", "ann"}}).at("AccessKey").as_object();
  const std::string id = text(made, "AccessKeyId");
  EXPECT_EQ(id.substr(0, 4), "AKIA");
  EXPECT_EQ(id.size(), 20u);
  EXPECT_EQ(text(made, "SecretAccessKey").size(), 40u);
  restart();
  const auto found = find(id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->secret_access_key, text(made, "SecretAccessKey"));
  EXPECT_EQ(found->arn, "arn:aws:iam::123456789012:user/ann");
  EXPECT_EQ(found->session_token, "");
  EXPECT_FALSE(found->expires);
  EXPECT_TRUE(found->active);
  EXPECT_FALSE(find("AKIAUNKNOWNUNKNOWN00"));
  EXPECT_EQ(json::serialize(call("ListAccessKeys", {{"UserName", "ann"}})).find("Secret"), std::string::npos);
}

TEST_F(AccessKeys, ChangesAreSeenAtOnce) {
  const std::string id = run_task(iam->create_access_key(kAccount, "ann")).access_key_id;
  EXPECT_TRUE(find(id)->active);
  call("UpdateAccessKey", {{"UserName", "ann"}, {"AccessKeyId", id}, {"Status", "Inactive"}});
  EXPECT_FALSE(find(id)->active);
  EXPECT_EQ(error("DeleteAccessKey", {{"UserName", "ann"}, {"AccessKeyId", "AKIAUNKNOWNUNKNOWN00"}}),
            "404 NoSuchEntity: The Access Key with id AKIAUNKNOWNUNKNOWN00 cannot be found.");
  call("DeleteAccessKey", {{"UserName", "ann"}, {"AccessKeyId", id}});
  EXPECT_FALSE(find(id));
}

TEST_F(AccessKeys, ChangesAreSeenByAnotherNodeWithinASecond) {
  store::testing::UnrulyStore view(*store, {});
  Iam elsewhere(view, clock, random, Options{kAccount});
  call("CreateUser", {{"UserName", "ann"}});
  const std::string id = at(call("CreateAccessKey", {{"UserName", "ann"}}), "AccessKey", "AccessKeyId");
  ASSERT_TRUE(run_task(elsewhere.find_credential(id)));  // and is kept
  call("DeleteAccessKey", {{"UserName", "ann"}, {"AccessKeyId", id}});
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  while (run_task(elsewhere.find_credential(id)) && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_FALSE(run_task(elsewhere.find_credential(id)));
}

TEST_F(AccessKeys, AreTwoAtMostForAUser) {
  run_task(iam->create_access_key("", "ann"));
  run_task(iam->create_access_key(kAccount, "ann"));
  EXPECT_EQ(error("CreateAccessKey", {{"UserName", "ann"}}),
            "409 LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2");
  EXPECT_THROW(run_task(iam->create_access_key(kAccount, "ann")), AwsError);
  EXPECT_THROW(run_task(iam->create_access_key("12", "bob")), AwsError);
  EXPECT_THROW(run_task(iam->create_access_key(kAccount, "a b")), AwsError);
}

}  // namespace
}  // namespace brume::iam::testing
