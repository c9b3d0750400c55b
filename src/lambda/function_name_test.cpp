#include "lambda/function_name.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace brume::lambda {
namespace {

constexpr const char* kOwn = "111111111111";
constexpr const char* kOther = "222222222222";

/// "ACCOUNT REGION NAME QUALIFIER", or the error's code.
std::string parsed(std::string_view text, std::string_view qualifier = "") {
  try {
    const FunctionName name = parse_function_name(text, qualifier, kOwn, "us-east-1");
    return name.id.account + " " + name.id.region + " " + name.id.name + " " + name.qualifier;
  } catch (const AwsError& error) {
    return std::string(error.kind().code);
  }
}

TEST(FunctionName, NamesAreTheCallersOwn) {
  EXPECT_EQ(parsed("notes"), "111111111111 us-east-1 notes ");
  EXPECT_EQ(parsed("notes:PROD"), "111111111111 us-east-1 notes PROD");
  EXPECT_EQ(parsed("function:notes"), "111111111111 us-east-1 notes ");
  EXPECT_EQ(parsed("function"), "111111111111 us-east-1 function ");
  EXPECT_EQ(parsed("222222222222"), "111111111111 us-east-1 222222222222 ") << "a name of digits is no account";
}

TEST(FunctionName, EveryFormThatHasAnAccountSaysIt) {
  for (const char* text : {"222222222222:function:notes", "222222222222:notes", "us-east-1:222222222222:function:notes",
                           "us-east-1:222222222222:notes", "arn:aws:lambda:us-east-1:222222222222:function:notes"})
    EXPECT_EQ(parsed(text), "222222222222 us-east-1 notes ") << text;
  EXPECT_EQ(parsed("222222222222:function:notes:PROD"), "222222222222 us-east-1 notes PROD");
  EXPECT_EQ(parsed("arn:aws:lambda:us-east-1:222222222222:function:notes:PROD"), "222222222222 us-east-1 notes PROD");
}

TEST(FunctionName, OtherRegionsAreNotReachable) {
  EXPECT_EQ(parsed("arn:aws:lambda:eu-west-1:111111111111:function:notes"), "ResourceNotFoundException");
  EXPECT_EQ(parsed("eu-west-1:111111111111:function:notes"), "ResourceNotFoundException");
}

TEST(FunctionName, TwoQualifiersMustAgree) {
  EXPECT_EQ(parsed("notes:PROD", "PROD"), "111111111111 us-east-1 notes PROD");
  EXPECT_EQ(parsed("notes", "PROD"), "111111111111 us-east-1 notes PROD");
  EXPECT_EQ(parsed("notes:PROD", "TEST"), "InvalidParameterValueException");
}

TEST(FunctionArn, NamesAnyAccountAndNothingElse) {
  const auto name = parse_function_arn("arn:aws:lambda:eu-west-1:222222222222:function:notes:PROD");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->id.account, kOther);
  EXPECT_EQ(name->id.region, "eu-west-1");
  EXPECT_EQ(name->id.name, "notes");
  EXPECT_EQ(name->qualifier, "PROD");
  for (const char* text :
       {"notes", "222222222222:function:notes", "arn:aws:lambda:eu-west-1::function:notes",
        "arn:aws:lambda:eu-west-1:222222222222:layer:notes",
        "arn:aws:lambda:eu-west-1:222222222222:function:", "arn:aws:sqs:eu-west-1:222222222222:function:notes"})
    EXPECT_FALSE(parse_function_arn(text)) << text;
}

}  // namespace
}  // namespace brume::lambda
