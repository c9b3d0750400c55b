#include "base/encoding.h"
#include "iam/testing/iam_fixture.h"

namespace brume::iam::testing {
namespace {

using Roles = IamTest;

TEST_F(Roles, CreatedRoleIsFoundAfterReopening) {
  const json::object made = call("CreateRole", {{"RoleName", "worker"},
                                                {"Path", "/team/"},
                                                {"AssumeRolePolicyDocument", kLambdaTrust},
                                                {"Description", "does work"},
                                                {"Tags", json::array{json::object{{"Key", "a"}, {"Value", "1"}}}}});
  EXPECT_EQ(at(made, "Role", "Arn"), "arn:aws:iam::123456789012:role/team/worker");
  EXPECT_EQ(at(made, "Role", "RoleId").substr(0, 4), "AROA");
  EXPECT_EQ(at(made, "Role", "RoleId").size(), 21u);
  EXPECT_EQ(at(made, "Role", "AssumeRolePolicyDocument"), percent_encode(kLambdaTrust));
  restart();
  const json::object found = call("GetRole", {{"RoleName", "WORKER"}}).at("Role").as_object();
  EXPECT_EQ(text(found, "RoleId"), at(made, "Role", "RoleId"));
  EXPECT_EQ(text(found, "Description"), "does work");
  EXPECT_EQ(whole(found, "MaxSessionDuration", 0), 3600);
  EXPECT_EQ(number(found, "CreateDate"), 1'700'000'000);
  EXPECT_EQ(found.at("Tags").as_array().size(), 1u);
}

TEST_F(Roles, NamesAreUniqueInAnAccountAlone) {
  new_role("worker");
  EXPECT_EQ(error("CreateRole", {{"RoleName", "Worker"}, {"AssumeRolePolicyDocument", kLambdaTrust}}),
            "409 EntityAlreadyExists: Role with name Worker already exists.");
  caller.account = "999999999999";
  EXPECT_EQ(error("GetRole", {{"RoleName", "worker"}}), "404 NoSuchEntity: The role with name worker cannot be found.");
  new_role("worker");
}

TEST_F(Roles, ListsInPagesBelowAPath) {
  for (const char* name : {"a", "b", "c"})
    call("CreateRole", {{"RoleName", name}, {"Path", "/x/y/"}, {"AssumeRolePolicyDocument", kLambdaTrust}});
  new_role("aa");
  json::object page = call("ListRoles", {{"PathPrefix", "/x/"}, {"MaxItems", 2}});
  EXPECT_EQ(names(page, "Roles", "RoleName"), "a b");
  EXPECT_TRUE(flag(page, "IsTruncated"));
  page = call("ListRoles", {{"PathPrefix", "/x/"}, {"MaxItems", 2}, {"Marker", text(page, "Marker")}});
  EXPECT_EQ(names(page, "Roles", "RoleName"), "c");
  EXPECT_FALSE(flag(page, "IsTruncated"));
  EXPECT_FALSE(page.contains("Marker"));
  EXPECT_EQ(names(call("ListRoles"), "Roles", "RoleName"), "a aa b c");
  EXPECT_EQ(error("ListRoles", {{"Marker", "%"}}), "400 ValidationError: Invalid Marker.");
}

TEST_F(Roles, UpdatesKeepWhatTheyDoNotName) {
  new_role("worker");
  call("UpdateRole", {{"RoleName", "worker"}, {"MaxSessionDuration", 7200}});
  call("UpdateRoleDescription", {{"RoleName", "worker"}, {"Description", "new"}});
  call("UpdateAssumeRolePolicy", {{"RoleName", "worker"}, {"PolicyDocument", kAccountTrust}});
  const json::object role = call("GetRole", {{"RoleName", "worker"}}).at("Role").as_object();
  EXPECT_EQ(whole(role, "MaxSessionDuration", 0), 7200);
  EXPECT_EQ(text(role, "Description"), "new");
  EXPECT_EQ(percent_decode(text(role, "AssumeRolePolicyDocument")), kAccountTrust);
}

TEST_F(Roles, DeletingAsksForAnEmptyRole) {
  new_role("worker");
  const std::string arn = new_policy("p");
  call("PutRolePolicy", {{"RoleName", "worker"}, {"PolicyName", "in"}, {"PolicyDocument", kDocument}});
  call("AttachRolePolicy", {{"RoleName", "worker"}, {"PolicyArn", arn}});
  EXPECT_EQ(error("DeleteRole", {{"RoleName", "worker"}}),
            "409 DeleteConflict: Cannot delete entity, must detach all policies first.");
  call("DetachRolePolicy", {{"RoleName", "worker"}, {"PolicyArn", arn}});
  EXPECT_EQ(error("DeleteRole", {{"RoleName", "worker"}}),
            "409 DeleteConflict: Cannot delete entity, must delete policies first.");
  call("DeleteRolePolicy", {{"RoleName", "worker"}, {"PolicyName", "in"}});
  call("DeleteRole", {{"RoleName", "worker"}});
  EXPECT_EQ(error("DeleteRole", {{"RoleName", "worker"}}),
            "404 NoSuchEntity: The role with name worker cannot be found.");
}

TEST_F(Roles, TagsAreMergedByKey) {
  new_role("worker");
  const auto tag = [](const char* key, const char* value) { return json::object{{"Key", key}, {"Value", value}}; };
  call("TagRole", {{"RoleName", "worker"}, {"Tags", json::array{tag("b", "1"), tag("a", "1")}}});
  call("TagRole", {{"RoleName", "worker"}, {"Tags", json::array{tag("B", "2")}}});
  EXPECT_EQ(json::serialize(call("ListRoleTags", {{"RoleName", "worker"}})),
            R"({"Tags":[{"Key":"B","Value":"2"},{"Key":"a","Value":"1"}],"IsTruncated":false})");
  call("UntagRole", {{"RoleName", "worker"}, {"TagKeys", json::array{"a", "none"}}});
  EXPECT_EQ(names(call("ListRoleTags", {{"RoleName", "worker"}}), "Tags", "Key"), "B");
  EXPECT_EQ(error("TagRole", {{"RoleName", "worker"}, {"Tags", json::array{tag("k", "1"), tag("K", "1")}}}),
            "400 InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive.");
  json::array many;
  for (int i = 0; i < 50; ++i) many.push_back(tag(("k" + std::to_string(i)).c_str(), ""));
  EXPECT_EQ(error("TagRole", {{"RoleName", "worker"}, {"Tags", many}}),
            "409 LimitExceeded: The number of tags has reached the maximum limit of 50.");
}

TEST_F(Roles, InlinePoliciesAreReturnedAsSentAndEncoded) {
  new_role("worker");
  call("PutRolePolicy", {{"RoleName", "worker"}, {"PolicyName", "in"}, {"PolicyDocument", kDocument}});
  restart();
  const json::object found = call("GetRolePolicy", {{"RoleName", "worker"}, {"PolicyName", "in"}});
  EXPECT_EQ(text(found, "PolicyDocument"), percent_encode(kDocument));
  EXPECT_EQ(text(found, "PolicyDocument").substr(0, 25), "%7B%22Version%22%3A%20%22");
  EXPECT_EQ(names(call("ListRolePolicies", {{"RoleName", "worker"}}), "PolicyNames", ""), "in");
  EXPECT_EQ(error("GetRolePolicy", {{"RoleName", "worker"}, {"PolicyName", "no"}}),
            "404 NoSuchEntity: The role policy with name no cannot be found.");
  const std::string long_document =
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::)" +
      std::string(10'200, 'x') + "\"}}";
  EXPECT_EQ(error("PutRolePolicy", {{"RoleName", "worker"}, {"PolicyName", "big"}, {"PolicyDocument", long_document}}),
            "409 LimitExceeded: Maximum policy size of 10240 bytes exceeded for role worker");
}

}  // namespace
}  // namespace brume::iam::testing
