#include "service/authorize.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace brume::service {
namespace {

struct Rows {
  Operation managing{"CreateUser", Effect::manage, {}}, reading{"GetUser", Effect::read, {}};
};

const OperationShape& shape(const ServiceModel& model, std::string_view name) {
  for (const auto& shape : model.operations)
    if (shape.name == name) return shape;
  throw std::logic_error("no such operation");
}

Call function_call() {
  Call call;
  call.caller.arn = "arn:aws:sts::111111111111:assumed-role/worker/fn";
  call.caller.on_behalf_of = "lambda.amazonaws.com";
  return call;
}

TEST(Authorize, FunctionsDoNotChangeGuardedServices) {
  const Rows rows;
  const ServiceModel& iam = iam_model();
  const Entry create{&iam, &shape(iam, "CreateUser"), &rows.managing, true};
  const auto refused = refuse_caller(create, function_call());
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, "AccessDenied");
  EXPECT_EQ(refused->status, 403);
  EXPECT_EQ(refused->message,
            "User: arn:aws:sts::111111111111:assumed-role/worker/fn is not authorized to perform: iam:CreateUser on "
            "resource: * because no identity-based policy allows the iam:CreateUser action");
  const ServiceModel& lambda = lambda_model();
  const Entry update{&lambda, &shape(lambda, "UpdateFunctionCode"), &rows.managing, true};
  EXPECT_EQ(refuse_caller(update, function_call())->code, "AccessDeniedException");
  EXPECT_EQ(refuse_caller(update, function_call())->status, 403);
}

TEST(Authorize, TheyReadAndDoEverythingElse) {
  const Rows rows;
  const ServiceModel& iam = iam_model();
  const ServiceModel& dynamodb = dynamodb_model();
  EXPECT_FALSE(refuse_caller({&iam, &shape(iam, "GetUser"), &rows.reading, true}, function_call()));
  EXPECT_FALSE(refuse_caller({&dynamodb, &shape(dynamodb, "CreateTable"), &rows.managing, false}, function_call()));
}

TEST(Authorize, OtherCallersAreNotAsked) {
  const Rows rows;
  const ServiceModel& iam = iam_model();
  Call call = function_call();
  call.caller.on_behalf_of = "";
  EXPECT_FALSE(refuse_caller({&iam, &shape(iam, "CreateUser"), &rows.managing, true}, call));
}

}  // namespace
}  // namespace brume::service
