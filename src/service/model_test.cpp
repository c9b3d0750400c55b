// The generated tables: whole, sorted, and as the service models have it.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "service/pattern.h"
#include "service/shape.h"

namespace brume::service {
namespace {

const ServiceModel* const kModels[] = {
    &dynamodb_model(), &dynamodbstreams_model(), &lambda_model(), &apigateway_model(), &iam_model(), &sts_model(),
    &logs_model()};

const Member* member_of(const Shape& shape, std::string_view name) {
  const auto at = std::ranges::find(shape.members, name, &Member::name);
  return at == shape.members.end() ? nullptr : &*at;
}

const Shape* shape_of(const ServiceModel& model, std::string_view name) {
  const auto at = std::ranges::find(model.shapes, name, &Shape::name);
  return at == model.shapes.end() ? nullptr : &*at;
}

TEST(Model, IndicesStayInTheTables) {
  for (const ServiceModel* model : kModels) {
    for (const Shape& shape : model->shapes) {
      for (const Member& member : shape.members)
        EXPECT_LT(member.shape, model->shapes.size()) << model->name << " " << shape.name;
      if (shape.type == ShapeType::list) {
        EXPECT_EQ(shape.members.size(), 1u) << shape.name;
      }
      if (shape.type == ShapeType::map) {
        EXPECT_EQ(shape.members.size(), 2u) << shape.name;
      }
      if (!shape.payload.empty()) {
        EXPECT_TRUE(member_of(shape, shape.payload)) << shape.name;
      }
    }
    for (const OperationShape& operation : model->operations) {
      if (operation.input != kNoShape) {
        EXPECT_EQ(model->shape(operation.input).type, ShapeType::structure) << operation.name;
      }
      if (operation.output != kNoShape) {
        EXPECT_EQ(model->shape(operation.output).type, ShapeType::structure) << operation.name;
      }
    }
    for (const ErrorShape& error : model->errors) {
      ASSERT_LT(error.index, model->shapes.size()) << error.shape;
      EXPECT_EQ(model->shape(error.index).name, error.shape);
    }
  }
}

TEST(Model, FindsOperationsAndErrorsByName) {
  for (const ServiceModel* model : kModels) {
    for (const OperationShape& operation : model->operations) EXPECT_EQ(model->operation(operation.name), &operation);
    for (const ErrorShape& error : model->errors) EXPECT_EQ(model->error(error.shape), &error);
    EXPECT_EQ(model->operation("NoSuchOperation"), nullptr);
    EXPECT_EQ(model->error(""), nullptr);
  }
}

TEST(Model, HasTheServicesFacts) {
  EXPECT_EQ(dynamodb_model().protocol, Protocol::json);
  EXPECT_EQ(dynamodb_model().target_prefix, "DynamoDB_20120810");
  EXPECT_EQ(dynamodb_model().json_version, "1.0");
  EXPECT_EQ(dynamodbstreams_model().signing_name, "dynamodb");
  EXPECT_EQ(lambda_model().api_version, "2015-03-31");
  EXPECT_EQ(lambda_model().operation("Invoke")->uri, "/2015-03-31/functions/{FunctionName}/invocations");
  EXPECT_EQ(lambda_model().error("ResourceNotFoundException")->status, 404);
  EXPECT_EQ(lambda_model().error("ResourceNotFoundException")->message_member, "Message");
  EXPECT_EQ(apigateway_model().operation("CreateRestApi")->status, 201);
  EXPECT_EQ(iam_model().error("NoSuchEntityException")->code, "NoSuchEntity");
  EXPECT_EQ(iam_model().operation("GetRole")->result_wrapper, "GetRoleResult");
  EXPECT_EQ(logs_model().json_version, "1.1");
}

TEST(Model, KnowsWhatNeedsNoCredentials) {
  EXPECT_TRUE(sts_model().operation("AssumeRoleWithWebIdentity")->anonymous);
  EXPECT_TRUE(sts_model().operation("AssumeRoleWithSAML")->anonymous);
  EXPECT_FALSE(sts_model().operation("AssumeRole")->anonymous);
  for (const OperationShape& operation : iam_model().operations) EXPECT_FALSE(operation.anonymous) << operation.name;
}

TEST(Model, HasMembersAndConstraints) {
  const ServiceModel& model = dynamodb_model();
  const Shape* backup = shape_of(model, "BackupName");
  ASSERT_TRUE(backup);
  EXPECT_EQ(backup->min, 3);
  EXPECT_EQ(backup->max, 255);
  EXPECT_EQ(backup->pattern, "[a-zA-Z0-9_.-]+");
  const Shape* element = shape_of(model, "KeySchemaElement");
  ASSERT_TRUE(element);
  EXPECT_TRUE(member_of(*element, "KeyType")->required);
  EXPECT_EQ(model.shape(member_of(*element, "KeyType")->shape).enum_values.size(), 2u);
  const Shape& invoke = lambda_model().shape(lambda_model().operation("Invoke")->input);
  EXPECT_EQ(invoke.payload, "Payload");
  EXPECT_EQ(member_of(invoke, "FunctionName")->location, Location::uri);
  EXPECT_EQ(member_of(invoke, "LogType")->wire_name, "X-Amz-Log-Type");
}

TEST(Pattern, EveryPatternOfTheModelsIsCheckable) {
  std::set<std::string_view> seen;
  for (const ServiceModel* model : kModels)
    for (const Shape& shape : model->shapes)
      if (!shape.pattern.empty() && seen.insert(shape.pattern).second) {
        EXPECT_TRUE(is_checkable_pattern(shape.pattern)) << model->name << " " << shape.name << " " << shape.pattern;
      }
  EXPECT_GT(seen.size(), 100u);
}

/// The constant of the model: matching keeps compiled patterns by the pattern's text.
bool matches(const ServiceModel& model, std::string_view shape, std::string_view text) {
  return matches_model_pattern(shape_of(model, shape)->pattern, text);
}

TEST(Pattern, MatchesTheWholeText) {
  EXPECT_TRUE(matches(dynamodb_model(), "BackupName", "a-b_c.9"));
  EXPECT_FALSE(matches(dynamodb_model(), "BackupName", "a b"));
  EXPECT_FALSE(matches(dynamodb_model(), "BackupName", "a\n"));
  EXPECT_FALSE(matches(dynamodb_model(), "BackupName", ""));
  EXPECT_TRUE(matches(iam_model(), "pathType", "/"));
  EXPECT_TRUE(matches(iam_model(), "pathType", "/a/b/"));
  EXPECT_FALSE(matches(iam_model(), "pathType", "/a/b"));
  EXPECT_TRUE(matches(lambda_model(), "TagKey", "é中"));
}

TEST(Pattern, LooksAround) {
  EXPECT_TRUE(matches(lambda_model(), "Alias", "live1"));
  EXPECT_FALSE(matches(lambda_model(), "Alias", "123"));  // a version's number
  EXPECT_FALSE(matches(lambda_model(), "Alias", "a b"));
  EXPECT_TRUE(matches(lambda_model(), "S3Bucket", "my.bucket"));
  EXPECT_FALSE(matches(lambda_model(), "S3Bucket", "my.bucket."));
  EXPECT_TRUE(matches(lambda_model(), "CollectionName", "systems"));
  EXPECT_FALSE(matches(lambda_model(), "CollectionName", "system.users"));
  EXPECT_TRUE(matches(iam_model(), "accountAliasType", "my-co-9"));
  EXPECT_FALSE(matches(iam_model(), "accountAliasType", "my--co"));
  EXPECT_FALSE(matches(iam_model(), "accountAliasType", "my-co-"));
}

TEST(Pattern, LongInputTakesLinearTime) {
  const std::string hostile(1 << 20, 'a');
  // (([a-z]|[a-z][a-z\-]*[a-z])\.)*…: exponential by backtracking
  EXPECT_FALSE(matches(lambda_model(), "Endpoint", hostile));
}

}  // namespace
}  // namespace brume::service
