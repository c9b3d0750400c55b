// The texts that AWS answers invalid input with.
#include "service/validate.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/error.h"
#include "base/utf8.h"

namespace brume::service {
namespace {

namespace json = boost::json;

std::string text_of(const ServiceModel& model, std::string_view operation, std::string_view input,
                    const std::string& prefix = {}) {
  const Shape& shape = model.shape(model.operation(operation)->input);
  return validation_text(
             problems_of(model, shape, json::parse(json::string_view(input.data(), input.size())).as_object(), prefix))
      .value_or("");
}

TEST(Validate, RequiredMemberIsNull) {
  EXPECT_EQ(text_of(dynamodb_model(), "DescribeTable", "{}"),
            "1 validation error detected: Value null at 'tableName' failed to satisfy constraint: Member must not "
            "be null");
  EXPECT_EQ(text_of(dynamodb_model(), "DescribeTable", R"({"TableName":null})"),
            "1 validation error detected: Value null at 'tableName' failed to satisfy constraint: Member must not "
            "be null");
}

TEST(Validate, ValidInputHasNoText) {
  EXPECT_EQ(text_of(dynamodb_model(), "DescribeTable", R"({"TableName":"abc"})"), "");
  EXPECT_EQ(text_of(dynamodb_model(), "ListTables", R"({"Limit":100})"), "");
}

TEST(Validate, PatternComesBeforeLength) {
  EXPECT_EQ(text_of(dynamodb_model(), "CreateBackup", R"({"TableName":"table","BackupName":""})"),
            "2 validation errors detected: "
            "Value '' at 'backupName' failed to satisfy constraint: Member must satisfy regular expression "
            "pattern: [a-zA-Z0-9_.-]+; "
            "Value '' at 'backupName' failed to satisfy constraint: Member must have length greater than or equal "
            "to 3");
  EXPECT_EQ(text_of(dynamodb_model(), "CreateBackup",
                    json::serialize(json::object{{"TableName", "t"}, {"BackupName", std::string(256, 'b')}})),
            "1 validation error detected: Value '" + std::string(256, 'b') +
                "' at 'backupName' failed to satisfy constraint: Member must have length less than or equal to 255");
}

TEST(Validate, NumbersHaveARange) {
  EXPECT_EQ(text_of(dynamodb_model(), "ListTables", R"({"Limit":0})"),
            "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have "
            "value greater than or equal to 1");
  EXPECT_EQ(text_of(dynamodb_model(), "ListTables", R"({"Limit":101})"),
            "1 validation error detected: Value '101' at 'limit' failed to satisfy constraint: Member must have "
            "value less than or equal to 100");
}

TEST(Validate, ListsHaveASizeAndTheirElementsAPath) {
  EXPECT_EQ(text_of(dynamodb_model(), "CreateTable", R"({"TableName":"abc","KeySchema":[]})"),
            "1 validation error detected: Value '[]' at 'keySchema' failed to satisfy constraint: Member must have "
            "length greater than or equal to 1");
  EXPECT_EQ(text_of(dynamodb_model(), "CreateTable",
                    R"({"TableName":"abc","KeySchema":[{"AttributeName":"a","KeyType":"HASH"},{"AttributeName":"a",)"
                    R"("KeyType":"SORT"}]})"),
            "1 validation error detected: Value 'SORT' at 'keySchema.2.member.keyType' failed to satisfy constraint: "
            "Member must satisfy enum value set: [HASH, RANGE]");
}

TEST(Validate, EnumValuesStandInAwsOrder) {
  EXPECT_EQ(text_of(dynamodb_model(), "CreateTable",
                    R"({"TableName":"abc","AttributeDefinitions":[{"AttributeName":"a","AttributeType":"X"}]})"),
            "1 validation error detected: Value 'X' at 'attributeDefinitions.1.member.attributeType' failed to "
            "satisfy constraint: "
            "Member must satisfy enum value set: [B, N, S]");
}

TEST(Validate, ScalarElementsAreToldTogether) {
  EXPECT_EQ(text_of(lambda_model(), "CreateFunction",
                    R"({"FunctionName":"f","Role":"arn:aws:iam::123456789012:role/r","Code":{},)"
                    R"("Architectures":["foo"]})"),
            "1 validation error detected: Value '[foo]' at 'architectures' failed to satisfy constraint: Member "
            "must satisfy constraint: "
            "[Member must satisfy enum value set: [x86_64, arm64], Member must not be null]");
  EXPECT_EQ(text_of(iam_model(), "UntagRole", R"({"RoleName":"r","TagKeys":["ok",""]})"),
            "1 validation error detected: Value '[ok, ]' at 'tagKeys' failed to satisfy constraint: Member must "
            "satisfy constraint: "
            "[Member must have length less than or equal to 128, Member must have length greater than or equal to 1, "
            "Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+]");
}

TEST(Validate, MapKeysAreToldTogether) {
  const std::string weights =
      R"({"FunctionName":"f","Name":"n","FunctionVersion":"1","RoutingConfig":{"AdditionalVersionWeights":{"x":0.5}}})";
  EXPECT_EQ(text_of(lambda_model(), "CreateAlias", weights),
            "1 validation error detected: Value '{x=0.5}' at 'routingConfig.additionalVersionWeights' failed to "
            "satisfy constraint: "
            "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, "
            "Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: "
            "[0-9]+, "
            "Member must not be null]");
}

TEST(Validate, SensitiveValuesAreNotShown) {
  const std::string secret = R"({"FunctionName":"f","Environment":{"Variables":{"1BAD":"hunter2"}}})";
  const std::string text = text_of(lambda_model(), "UpdateFunctionConfiguration", secret);
  EXPECT_TRUE(
      text.starts_with("1 validation error detected: Value at 'environment.variables' failed to satisfy "
                       "constraint: Map keys"))
      << text;
  EXPECT_EQ(text.find("hunter2"), text.npos);
}

TEST(Validate, PrefixStandsBeforeThePath) {
  EXPECT_EQ(text_of(apigateway_model(), "CreateRestApi", "{}", "createRestApiInput"),
            "1 validation error detected: Value null at 'createRestApiInput.name' failed to satisfy constraint: "
            "Member must not be null");
}

TEST(Validate, TellsAtMostTenProblems) {
  json::array elements;
  for (int i = 0; i < 40; ++i) elements.push_back(json::object{});
  const Shape& shape = dynamodb_model().shape(dynamodb_model().operation("TagResource")->input);
  EXPECT_EQ(problems_of(dynamodb_model(), shape, {{"ResourceArn", "arn"}, {"Tags", elements}}).size(), 10u);
}

TEST(Validate, LengthCountsCharactersAndCutsBetweenThem) {
  std::string name;
  for (int i = 0; i < 2000; ++i) name += "é";
  const std::string text =
      text_of(dynamodb_model(), "DescribeTable", json::serialize(json::object{{"TableName", name}}));
  EXPECT_NE(text.find("less than or equal to 1024"), text.npos);
  EXPECT_TRUE(is_utf8(text));
  EXPECT_LT(text.size(), 1400u);
  EXPECT_EQ(
      text_of(dynamodb_model(), "DescribeTable", json::serialize(json::object{{"TableName", name.substr(0, 2048)}})),
      "");
}

TEST(Validate, ThrowsAValidationException) {
  const Shape& shape = dynamodb_model().shape(dynamodb_model().operation("DescribeTable")->input);
  try {
    validate(dynamodb_model(), shape, {});
    FAIL() << "accepted";
  } catch (const AwsError& error) {
    EXPECT_EQ(error.kind().code, "ValidationException");
  }
}

TEST(Utf8, KnowsMalformedBytes) {
  for (const std::string_view good : {"", "a", "é", "中", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const std::string_view bad :
       {"\x80", "\xC0\xAF", "\xC3", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"})
    EXPECT_FALSE(is_utf8(bad));
  EXPECT_EQ(utf8_prefix("ab\xC3"), 2u);
}

}  // namespace
}  // namespace brume::service
