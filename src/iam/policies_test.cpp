#include "base/encoding.h"
#include "iam/managed_policies.h"
#include "iam/policy_document.h"
#include "iam/testing/iam_fixture.h"

namespace brume::iam::testing {
namespace {

using Policies = IamTest;
using Attachments = IamTest;

std::string document(int number) {
  return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::)" +
         std::to_string(number) + "\"}]}";
}

TEST_F(Policies, CreatedPolicyHasOneVersion) {
  const std::string arn = new_policy("reader");
  EXPECT_EQ(arn, "arn:aws:iam::123456789012:policy/reader");
  restart();
  const json::object policy = call("GetPolicy", {{"PolicyArn", arn}}).at("Policy").as_object();
  EXPECT_EQ(text(policy, "DefaultVersionId"), "v1");
  EXPECT_EQ(text(policy, "PolicyId").substr(0, 4), "ANPA");
  EXPECT_EQ(whole(policy, "AttachmentCount", -1), 0);
  EXPECT_FALSE(policy.contains("LastVersion"));
  const json::object version = call("GetPolicyVersion", {{"PolicyArn", arn}, {"VersionId", "v1"}});
  EXPECT_EQ(at(version, "PolicyVersion", "Document"), percent_encode(kDocument));
  EXPECT_TRUE(flag(version.at("PolicyVersion").as_object(), "IsDefaultVersion"));
  EXPECT_EQ(error("CreatePolicy", {{"PolicyName", "Reader"}, {"PolicyDocument", kDocument}}),
            "409 EntityAlreadyExists: A policy called Reader already exists. Duplicate names are not allowed.");
}

TEST_F(Policies, NumbersOfVersionsAreNotUsedAgain) {
  const std::string arn = new_policy("reader");
  const auto create = [&](int n, bool as_default) {
    return call("CreatePolicyVersion",
                {{"PolicyArn", arn}, {"PolicyDocument", document(n)}, {"SetAsDefault", as_default}});
  };
  EXPECT_EQ(at(create(2, true), "PolicyVersion", "VersionId"), "v2");
  for (int n = 3; n <= 5; ++n) create(n, false);
  EXPECT_EQ(error("CreatePolicyVersion", {{"PolicyArn", arn}, {"PolicyDocument", document(6)}}),
            "409 LimitExceeded: A managed policy can have up to 5 versions. Before you create a new version, you must "
            "delete an existing version.");
  EXPECT_EQ(error("DeletePolicyVersion", {{"PolicyArn", arn}, {"VersionId", "v2"}}),
            "409 DeleteConflict: Cannot delete the default version of a policy.");
  EXPECT_EQ(error("DeletePolicyVersion", {{"PolicyArn", arn}, {"VersionId", "v9"}}),
            "404 NoSuchEntity: Policy " + arn + " version v9 does not exist or is not attachable.");
  call("DeletePolicyVersion", {{"PolicyArn", arn}, {"VersionId", "v5"}});
  EXPECT_EQ(at(create(6, false), "PolicyVersion", "VersionId"), "v6");
  call("SetDefaultPolicyVersion", {{"PolicyArn", arn}, {"VersionId", "v3"}});
  restart();
  EXPECT_EQ(names(call("ListPolicyVersions", {{"PolicyArn", arn}}), "Versions", "VersionId"), "v6 v4 v3 v2 v1");
  EXPECT_EQ(at(call("GetPolicy", {{"PolicyArn", arn}}), "Policy", "DefaultVersionId"), "v3");
  EXPECT_EQ(error("DeletePolicy", {{"PolicyArn", arn}}).substr(0, 62),
            "409 DeleteConflict: This policy has more than one version. Bef");
}

TEST_F(Policies, AwsManagedPoliciesAreKnownAndFixed) {
  const std::string arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
  const json::object found = call("GetPolicyVersion", {{"PolicyArn", arn}, {"VersionId", "v1"}});
  EXPECT_EQ(percent_decode(at(found, "PolicyVersion", "Document")),
            R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogGroup",)"
            "\n"
            R"("logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]})");
  EXPECT_EQ(at(call("GetPolicy", {{"PolicyArn", arn}}), "Policy", "PolicyId"), "ANPAJNCQGXC42545SKXIK");
  EXPECT_EQ(error("DeletePolicy", {{"PolicyArn", arn}}), "403 AccessDenied: Policy is outside your own account.");
  EXPECT_EQ(error("GetPolicy", {{"PolicyArn", "arn:aws:iam::aws:policy/None"}}),
            "404 NoSuchEntity: Policy arn:aws:iam::aws:policy/None was not found.");
  for (const ManagedPolicy& policy : managed_policies()) {
    EXPECT_NO_THROW(check_identity_policy(policy.document)) << policy.name;
    EXPECT_EQ(policy.unique_id().size(), 21u) << policy.name;
  }
}

TEST_F(Policies, ListFiltersByScopeAndUse) {
  const std::string arn = new_policy("reader");
  new_policy("writer");
  new_role("worker");
  call("AttachRolePolicy", {{"RoleName", "worker"}, {"PolicyArn", arn}});
  EXPECT_EQ(names(call("ListPolicies", {{"Scope", "Local"}}), "Policies", "PolicyName"), "reader writer");
  EXPECT_EQ(names(call("ListPolicies", {{"OnlyAttached", true}}), "Policies", "PolicyName"), "reader");
  const std::size_t all = call("ListPolicies").at("Policies").as_array().size();
  EXPECT_EQ(all, managed_policies().size() + 2);
  std::size_t seen = 0;
  json::object input{{"MaxItems", 5}};
  for (json::object page = call("ListPolicies", input);; page = call("ListPolicies", input)) {
    seen += page.at("Policies").as_array().size();
    if (!flag(page, "IsTruncated")) break;
    input["Marker"] = text(page, "Marker");
  }
  EXPECT_EQ(seen, all);
}

TEST_F(Attachments, AreCountedAndKeepThePolicy) {
  const std::string arn = new_policy("reader");
  new_role("worker");
  new_user("ann");
  call("AttachRolePolicy", {{"RoleName", "worker"}, {"PolicyArn", arn}});
  call("AttachRolePolicy", {{"RoleName", "worker"}, {"PolicyArn", arn}});
  call("AttachUserPolicy", {{"UserName", "ann"}, {"PolicyArn", arn}});
  restart();
  EXPECT_EQ(whole(call("GetPolicy", {{"PolicyArn", arn}}).at("Policy").as_object(), "AttachmentCount", 0), 2);
  EXPECT_EQ(error("DeletePolicy", {{"PolicyArn", arn}}),
            "409 DeleteConflict: Cannot delete a policy attached to entities.");
  const json::object entities = call("ListEntitiesForPolicy", {{"PolicyArn", arn}});
  EXPECT_EQ(names(entities, "PolicyRoles", "RoleName"), "worker");
  EXPECT_EQ(names(entities, "PolicyUsers", "UserName"), "ann");
  EXPECT_EQ(json::serialize(call("ListAttachedRolePolicies", {{"RoleName", "worker"}})),
            R"({"AttachedPolicies":[{"PolicyName":"reader","PolicyArn":")" + arn + R"("}],"IsTruncated":false})");
  call("DetachRolePolicy", {{"RoleName", "worker"}, {"PolicyArn", arn}});
  call("DetachUserPolicy", {{"UserName", "ann"}, {"PolicyArn", arn}});
  EXPECT_EQ(error("DetachUserPolicy", {{"UserName", "ann"}, {"PolicyArn", arn}}),
            "404 NoSuchEntity: Policy " + arn + " was not found.");
  call("DeletePolicy", {{"PolicyArn", arn}});
  EXPECT_EQ(error("GetPolicyVersion", {{"PolicyArn", arn}, {"VersionId", "v1"}}),
            "404 NoSuchEntity: Policy " + arn + " was not found.");
}

TEST_F(Attachments, AreTenAtMostOfPoliciesThatExist) {
  new_role("worker");
  EXPECT_EQ(error("AttachRolePolicy", {{"RoleName", "worker"}, {"PolicyArn", "arn:aws:iam::123456789012:policy/no"}}),
            "404 NoSuchEntity: Policy arn:aws:iam::123456789012:policy/no does not exist or is not attachable.");
  EXPECT_EQ(error("AttachRolePolicy", {{"RoleName", "worker"}, {"PolicyArn", "something-else-here"}}),
            "400 InvalidInput: ARN something-else-here is not valid.");
  for (int i = 0; i < 10; ++i)
    call("AttachRolePolicy", {{"RoleName", "worker"}, {"PolicyArn", new_policy("p" + std::to_string(i))}});
  EXPECT_EQ(
      error("AttachRolePolicy", {{"RoleName", "worker"}, {"PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess"}}),
      "409 LimitExceeded: Cannot exceed quota for PoliciesPerRole: 10");
}

TEST_F(Policies, MalformedDocumentsAreRefused) {
  const auto create = [&](std::string statement, std::string version = "2012-10-17") {
    return error(
        "CreatePolicy",
        {{"PolicyName", "p"}, {"PolicyDocument", R"({"Version":")" + version + R"(","Statement":)" + statement + "}"}});
  };
  const std::string code = "400 MalformedPolicyDocument: ";
  EXPECT_EQ(error("CreatePolicy", {{"PolicyName", "p"}, {"PolicyDocument", "{"}}), code + "Syntax errors in policy.");
  EXPECT_EQ(create("[]"), code + "Syntax errors in policy.");
  EXPECT_EQ(create(R"({"Effect":"allow","Action":"s3:*","Resource":"*"})"), code + "Syntax errors in policy.");
  EXPECT_EQ(create(R"({"Effect":"Allow","Action":"s3:*","Resource":"*"})", "2008-10-17"),
            code + "Policy document must be version 2012-10-17 or greater.");
  EXPECT_EQ(create(R"({"Effect":"Allow","Resource":"*"})"), code + "Policy statement must contain actions.");
  EXPECT_EQ(create(R"({"Effect":"Allow","Action":"s3:*"})"), code + "Policy statement must contain resources.");
  EXPECT_EQ(create(R"({"Effect":"Allow","Action":"read","Resource":"*"})"),
            code + "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
  EXPECT_EQ(create(R"({"Effect":"Allow","Action":"s3:*","Resource":"bucket"})"),
            code + "Resource bucket must be in ARN format or \"*\".");
  EXPECT_EQ(create(R"({"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"})"),
            code + "Policy document should not specify a principal.");
  EXPECT_EQ(create(R"([{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"},
                       {"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"}])"),
            code + "Statement IDs (SID) in a single policy must be unique.");
}

TEST_F(Policies, MalformedTrustIsRefused) {
  const auto create = [&](std::string statement) {
    return error(
        "CreateRole",
        {{"RoleName", "r"}, {"AssumeRolePolicyDocument", R"({"Version":"2012-10-17","Statement":)" + statement + "}"}});
  };
  const std::string code = "400 MalformedPolicyDocument: ";
  EXPECT_EQ(error("CreateRole", {{"RoleName", "r"}, {"AssumeRolePolicyDocument", "x"}}),
            code + "This policy contains invalid Json");
  EXPECT_EQ(create(R"({"Effect":"Allow","Action":"sts:AssumeRole"})"), code + "Missing required field Principal");
  EXPECT_EQ(create(R"({"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"})"),
            code + "Has prohibited field Resource");
  EXPECT_EQ(create(R"({"Effect":"Allow","Principal":"*","Action":"s3:GetObject"})"),
            code + "AssumeRole policy may only specify STS AssumeRole actions.");
  EXPECT_EQ(create(R"({"Effect":"Allow","Principal":{"AWS":"nobody"},"Action":"sts:AssumeRole"})"),
            code + R"(Invalid principal in policy: "AWS":"nobody")");
}

}  // namespace
}  // namespace brume::iam::testing
