#include "service/dispatcher.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "service/testing/dispatch_fixture.h"

namespace brume::service {
namespace {
namespace json = boost::json;

constexpr ErrorKind kAbsent{"ResourceNotFoundException", 404};

InsideCall get_function() {
  return {.service = "lambda",
          .operation = "GetFunction",
          .caller = ann(),
          .region = "eu-west-1",
          .input = {{"FunctionName", "notes"}}};
}

TEST(Dispatcher, ACallFromInsideReachesItsHandler) {
  DispatchFixture f;
  f.answer = [](Call& call) {
    Reply reply;
    reply.output["name"] = call.input.at("FunctionName");
    call.usage.push_back({.resource = "notes", .read_units = 0.5});
    return reply;
  };
  const Outcome outcome = f.call(get_function());
  ASSERT_FALSE(outcome.failure);
  EXPECT_EQ(outcome.reply.output.at("name"), "notes");
  ASSERT_EQ(outcome.reply.usage.size(), 1u);
  EXPECT_EQ(outcome.reply.usage[0].read_units, 0.5);
  EXPECT_EQ(f.region, "eu-west-1");
  EXPECT_EQ(f.caller.arn, ann().arn);
  EXPECT_FALSE(outcome.request_id.empty());
  EXPECT_EQ(f.recorder.counted, std::vector<std::string>{"lambda GetFunction 200  notes"});
  EXPECT_TRUE(f.recorder.audited.empty());
}

TEST(Dispatcher, WhatIsNotThereIsRefused) {
  DispatchFixture f;
  InsideCall wish = get_function();
  wish.service = "s3";
  EXPECT_EQ(f.call(std::move(wish)).failure->code, "UnknownOperationException");
  wish = get_function();
  wish.operation = "GetFunctions";
  EXPECT_EQ(f.call(std::move(wish)).failure->code, "UnknownOperationException");
  wish = get_function();
  wish.operation = "GetLayerVersion";  // without a row
  EXPECT_EQ(f.call(std::move(wish)).failure->code, "UnsupportedOperationException");
  EXPECT_EQ(f.recorder.counted.size(), 3u);
  EXPECT_TRUE(f.ran.empty());
}

TEST(Dispatcher, InputIsValidatedWhateverTheDoor) {
  DispatchFixture f;
  InsideCall wish = get_function();
  wish.input.clear();
  const Outcome outcome = f.call(std::move(wish));
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->code, "ValidationException");
  EXPECT_EQ(
      outcome.failure->message,
      "1 validation error detected: Value null at 'functionName' failed to satisfy constraint: Member must not be "
      "null");
  EXPECT_TRUE(f.ran.empty());
}

TEST(Dispatcher, BodiesFromInsideHaveTheirOperationsLimit) {
  DispatchFixture f;
  InsideCall wish{.service = "dynamodb",
                  .operation = "PutItem",
                  .caller = ann(),
                  .region = "us-east-1",
                  .body = std::string(16 * 1024 * 1024 + 1, ' ')};
  EXPECT_EQ(f.call(std::move(wish)).failure->status, 413);
  InsideCall invoke{.service = "lambda",
                    .operation = "Invoke",
                    .caller = ann(),
                    .region = "us-east-1",
                    .input = {{"FunctionName", "notes"}},
                    .payload = std::string(16 * 1024 * 1024 + 1, ' ')};
  EXPECT_EQ(f.call(std::move(invoke)).failure->message,
            "Request must be smaller than 6291456 bytes for the InvokeFunction operation");
  EXPECT_TRUE(f.ran.empty());
}

TEST(Dispatcher, ErrorsStayTyped) {
  DispatchFixture f;
  f.answer = [](Call& call) -> Reply {
    call.usage.push_back({.resource = "notes", .throttled = true});
    throw AwsError(kAbsent, "Function not found: notes", {{"Type", "User"}});
  };
  Outcome outcome = f.call(get_function());
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->code, "ResourceNotFoundException");
  EXPECT_EQ(outcome.failure->status, 404);
  EXPECT_EQ(outcome.failure->members.at("Type"), "User");
  ASSERT_EQ(outcome.reply.usage.size(), 1u);  // also of what failed
  EXPECT_TRUE(outcome.reply.usage[0].throttled);
  f.answer = [](Call&) -> Reply { throw Unavailable("the disk is full"); };
  EXPECT_EQ(f.call(get_function()).failure->message, "the disk is full");
  f.answer = [](Call&) -> Reply { throw std::logic_error("a bug"); };
  EXPECT_EQ(f.call(get_function()).failure->message, "An error occurred and the request cannot be processed.");
}

TEST(Dispatcher, WhatManagesIsAuditedWhateverTheDoor) {
  DispatchFixture f;
  InsideCall wish{.service = "iam",
                  .operation = "CreateUser",
                  .caller = ann(),
                  .region = "us-east-1",
                  .input = {{"UserName", "ben"}}};
  InsideCall bad = wish;
  bad.input.clear();
  EXPECT_FALSE(f.call(wish).failure);
  EXPECT_EQ(f.call(std::move(bad)).failure->code, "ValidationError");
  EXPECT_EQ(f.recorder.audited,
            (std::vector<std::string>{"iam.CreateUser 200 ", "iam.CreateUser 400 ValidationError"}));
  f.recorder.broken = true;
  EXPECT_EQ(f.call(std::move(wish)).failure->status, 500);
}

TEST(Dispatcher, TheAuthorizerDecidesBeforeTheHandler) {
  struct Deny final : Authorizer {
    Task<std::optional<Failure>> authorize(const Entry& entry, const Call&, std::span<const Access> wanted) override {
      for (const Access& access : wanted) asked.push_back(access.action + " " + access.resource);
      co_return access_denied(*entry.model, "no");
    }
    std::vector<std::string> asked;
  } deny;
  DispatchFixture f(&deny);
  f.resource_of = [](const Entry&, const Call& call) {
    return std::vector<Access>{{"lambda:GetFunction", "arn:" + std::string(call.input.at("FunctionName").as_string())},
                               {"lambda:ListTags", "*"}};
  };
  f.build();
  const Outcome outcome = f.call(get_function());
  EXPECT_EQ(outcome.failure->code, "AccessDeniedException");
  EXPECT_EQ(outcome.failure->status, 403);
  EXPECT_EQ(deny.asked, (std::vector<std::string>{"lambda:GetFunction arn:notes", "lambda:ListTags *"}));
  EXPECT_TRUE(f.ran.empty());
  EXPECT_EQ(f.recorder.counted, std::vector<std::string>{"lambda GetFunction 403 AccessDeniedException"});
}

TEST(Dispatcher, AnswersInTheFormThatItWasAskedIn) {
  DispatchFixture f;
  f.answer = [](Call& call) {
    Reply reply;
    if (call.operation->raw) reply.raw = std::string(call.body);
    else reply.output["TableNames"] = call.input.at("ExclusiveStartTableName").as_string();
    return reply;
  };
  // PutItem is raw, ListTables is not.
  InsideCall raw{.service = "dynamodb",
                 .operation = "PutItem",
                 .caller = ann(),
                 .region = "us-east-1",
                 .body = R"({"TableName":"t"})"};
  InsideCall members = raw;
  members.body.reset();
  members.input = {{"TableName", "t"}};
  EXPECT_EQ(f.call(std::move(raw)).reply.raw, R"({"TableName":"t"})");
  const Outcome decoded = f.call(std::move(members));
  EXPECT_EQ(decoded.reply.output, (json::object{{"TableName", "t"}}));
  EXPECT_FALSE(decoded.reply.raw);
  InsideCall text{.service = "dynamodb",
                  .operation = "ListTables",
                  .caller = ann(),
                  .region = "us-east-1",
                  .body = R"({"ExclusiveStartTableName":"abc"})"};
  const Outcome encoded = f.call(std::move(text));
  ASSERT_FALSE(encoded.failure) << encoded.failure->message;
  EXPECT_EQ(encoded.reply.raw, R"({"TableNames":"abc"})");
  InsideCall rest = get_function();
  rest.body = "{}";
  EXPECT_EQ(f.call(std::move(rest)).failure->code, "UnsupportedOperationException");
}

}  // namespace
}  // namespace brume::service
