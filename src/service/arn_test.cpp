#include "service/arn.h"

#include <gtest/gtest.h>

namespace brume::service {
namespace {

TEST(Arn, SaysWhatItNamesAndWhose) {
  const auto arn = Arn::parse("arn:aws:lambda:eu-west-1:111111111111:function:notes:PROD");
  ASSERT_TRUE(arn);
  EXPECT_EQ(arn->partition, "aws");
  EXPECT_EQ(arn->service, "lambda");
  EXPECT_EQ(arn->region, "eu-west-1");
  EXPECT_EQ(arn->account, "111111111111");
  EXPECT_EQ(arn->resource, "function:notes:PROD");
  EXPECT_EQ(arn->kind(), "function");
  EXPECT_EQ(arn->path(), "notes:PROD");
}

TEST(Arn, GlobalOnesAndThoseWithoutAccountHaveEmptyFields) {
  const auto role = Arn::parse("arn:aws:iam::111111111111:role/a/b/worker");
  ASSERT_TRUE(role);
  EXPECT_EQ(role->region, "");
  EXPECT_EQ(role->kind(), "role");
  EXPECT_EQ(role->name(), "worker");
  const auto api = Arn::parse("arn:aws:apigateway:eu-west-1::/restapis/abc/stages/prod");
  ASSERT_TRUE(api);
  EXPECT_EQ(api->account, "");
  EXPECT_EQ(api->resource, "/restapis/abc/stages/prod");
  const auto root = Arn::parse("arn:aws:iam::111111111111:root");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->kind(), "root");
  EXPECT_EQ(root->path(), "");
}

TEST(Arn, WhatIsNoneIsNone) {
  for (const char* text :
       {"", "arn", "arn:", "arn:aws", "arn:aws:iam::111111111111", "arn:aws:iam::111111111111:", "arn::iam::1:x",
        "arn:aws:::1:x", "ARN:aws:iam::1:x", "notes", "111111111111:function:notes", " arn:aws:iam::1:x"})
    EXPECT_FALSE(Arn::parse(std::string_view(text))) << text;
}

TEST(Arn, BelongsToTheCallersAccountOrNot) {
  Call call;
  call.caller.account = "111111111111";
  EXPECT_TRUE(Arn::parse("arn:aws:iam::111111111111:role/x")->owned_by(call));
  EXPECT_FALSE(Arn::parse("arn:aws:iam::222222222222:role/x")->owned_by(call));
  EXPECT_FALSE(Arn::parse("arn:aws:iam::aws:policy/x")->owned_by(call));
  EXPECT_FALSE(Arn::parse("arn:aws:apigateway:eu-west-1::/restapis/abc")->owned_by(call));
}

TEST(Principal, AnAccountItsRootAndEverybodyStandForTheCaller) {
  const std::string user = "arn:aws:iam::111111111111:user/ann";
  for (const char* principal : {"*", "111111111111", "arn:aws:iam::111111111111:root", user.c_str()})
    EXPECT_TRUE(names_principal(principal, "111111111111", user)) << principal;
  for (const char* principal :
       {"222222222222", "arn:aws:iam::222222222222:root", "arn:aws:iam::111111111111:user/bob", "", "arn:aws:s3:::root",
        "arn:aws:iam::222222222222:user/ann", "arn:aws:iam::111111111111:user/*"})
    EXPECT_FALSE(names_principal(principal, "111111111111", user)) << principal;
}

TEST(Principal, ARoleStandsForItsSessionsWhateverItsPath) {
  const std::string session = "arn:aws:sts::111111111111:assumed-role/worker/s1";
  EXPECT_TRUE(names_principal("arn:aws:iam::111111111111:role/worker", "111111111111", session));
  EXPECT_TRUE(names_principal("arn:aws:iam::111111111111:role/a/b/worker", "111111111111", session));
  EXPECT_TRUE(names_principal(session, "111111111111", session));
  EXPECT_FALSE(names_principal("arn:aws:iam::111111111111:role/other", "111111111111", session));
  EXPECT_FALSE(names_principal("arn:aws:iam::222222222222:role/worker", "111111111111", session));
  EXPECT_FALSE(names_principal("arn:aws:sts::111111111111:assumed-role/worker/s2", "111111111111", session));
}

TEST(Principal, NobodyIsNotNamedByEmptyTexts) {
  EXPECT_FALSE(names_principal("", "", ""));
  EXPECT_TRUE(names_principal("*", "", ""));
}

}  // namespace
}  // namespace brume::service
