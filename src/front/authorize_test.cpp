#include "front/authorize.h"

#include "front/test_front.h"

namespace brume::front {
namespace {

struct Rows {
  service::Operation managing{"CreateUser", service::Effect::manage, {}}, reading{"GetUser", service::Effect::read, {}};
};

const service::OperationShape& shape(const service::ServiceModel& model, std::string_view name) {
  for (const auto& shape : model.operations)
    if (shape.name == name) return shape;
  throw std::logic_error("no such operation");
}

service::Call function_call() {
  service::Call call;
  call.caller.arn = "arn:aws:sts::111111111111:assumed-role/worker/fn";
  call.caller.on_behalf_of = "lambda.amazonaws.com";
  return call;
}

TEST(Authorize, FunctionsDoNotChangeGuardedServices) {
  const Rows rows;
  const service::ServiceModel& iam = service::iam_model();
  const Entry create{&iam, &shape(iam, "CreateUser"), &rows.managing, true};
  const auto refused = refuse_caller(create, function_call());
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, "AccessDenied");
  EXPECT_EQ(refused->status, 403);
  EXPECT_EQ(refused->message,
            "User: arn:aws:sts::111111111111:assumed-role/worker/fn is not authorized to perform: iam:CreateUser on "
            "resource: * because no identity-based policy allows the iam:CreateUser action");
  const service::ServiceModel& lambda = service::lambda_model();
  const Entry update{&lambda, &shape(lambda, "UpdateFunctionCode"), &rows.managing, true};
  EXPECT_EQ(refuse_caller(update, function_call())->code, "AccessDeniedException");
  EXPECT_EQ(refuse_caller(update, function_call())->status, 403);
}

TEST(Authorize, TheyReadAndDoEverythingElse) {
  const Rows rows;
  const service::ServiceModel& iam = service::iam_model();
  const service::ServiceModel& dynamodb = service::dynamodb_model();
  EXPECT_FALSE(refuse_caller({&iam, &shape(iam, "GetUser"), &rows.reading, true}, function_call()));
  EXPECT_FALSE(refuse_caller({&dynamodb, &shape(dynamodb, "CreateTable"), &rows.managing, false}, function_call()));
}

TEST(Authorize, OtherCallersAreNotAsked) {
  const Rows rows;
  const service::ServiceModel& iam = service::iam_model();
  service::Call call = function_call();
  call.caller.on_behalf_of = "";
  EXPECT_FALSE(refuse_caller({&iam, &shape(iam, "CreateUser"), &rows.managing, true}, call));
}

}  // namespace
}  // namespace brume::front
