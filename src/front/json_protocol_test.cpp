// aws-json: DynamoDB, its streams and CloudWatch Logs.
#include "base/json_text.h"
#include "base/crypto.h"
#include "front/json_codec.h"
#include "front/test_front.h"

namespace brume::front {
namespace {

namespace json = boost::json;

constexpr ErrorKind kNotFound{"ResourceNotFoundException", 400};
constexpr ErrorKind kCheckFailed{"ConditionalCheckFailedException", 400};

std::string error_of(const net::Response& response) {
  const json::object body = json_of(response.body).as_object();
  std::string out(body.at("__type").as_string());
  if (const auto* text = body.if_contains("message")) out += ": " + std::string(text->as_string());
  if (const auto* text = body.if_contains("Message")) out += " / " + std::string(text->as_string());
  return out;
}

TEST(JsonProtocol, InputReachesTheHandlerAndOutputTheClient) {
  TestFront front;
  front.answer = [](service::Call&) {
    service::Reply reply;
    reply.output = {{"TableNames", json::array{"a", "\"b\""}}, {"LastEvaluatedTableName", nullptr}, {"NotAMember", 1}};
    return reply;
  };
  const auto response =
      front.dynamodb("ListTables", R"({"Limit":5,"Unknown":{"x":[1]},"ExclusiveStartTableName":null})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"TableNames":["a","\"b\""]})");
  EXPECT_EQ(*response.header("content-type"), "application/x-amz-json-1.0");
  EXPECT_EQ(response.header("x-amzn-requestid")->size(), 52u);
  EXPECT_EQ(*response.header("x-amz-crc32"), std::to_string(crc32(response.body)));
  EXPECT_EQ(front.input, json_of(R"({"Limit":5})").as_object());
}

TEST(JsonProtocol, LogsHaveVersionElevenAndUuids) {
  TestFront front;
  const auto response = front.json("Logs_20140328.DescribeLogGroups", "{}");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(*response.header("content-type"), "application/x-amz-json-1.1");
  EXPECT_EQ(response.header("x-amzn-requestid")->size(), 36u);
  EXPECT_EQ(response.header("x-amz-crc32"), nullptr);
}

TEST(JsonProtocol, RawOperationsSeeTheBodyAsItCame) {
  TestFront front;
  const std::string sent = R"({ "TableName" : 7, not json)";
  const auto response = front.dynamodb("PutItem", sent);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(front.body, sent);
  EXPECT_TRUE(front.input.empty());
  EXPECT_EQ(response.body, "{}");
}

TEST(JsonProtocol, BlobsAndTimestampsChangeTheirForm) {
  const auto& model = service::dynamodb_model();
  const auto& shape = model.shape(model.error("ConditionalCheckFailedException")->index);
  const auto members = decode_structure(model, shape, json_of(R"({"Item":{"b":{"B":"AAEC/w=="}}})").as_object());
  EXPECT_EQ(members.at("Item").at("b").at("B").as_string(), json::string_view("\x00\x01\x02\xff", 4));
  std::string out;
  encode_structure(out, model, shape, members);
  EXPECT_EQ(out, R"({"Item":{"b":{"B":"AAEC/w=="}}})");
}

TEST(JsonProtocol, TimestampsAreSeconds) {
  TestFront front;
  front.answer = [](service::Call&) {
    service::Reply reply;
    reply.output = {{"Table", {{"TableName", "t"}, {"CreationDateTime", 1700000000.5}, {"ItemCount", 3}}}};
    return reply;
  };
  EXPECT_EQ(json_of(front.dynamodb("DescribeTable", R"({"TableName":"t"})").body),
            json_of(R"({"Table":{"TableName":"t","CreationDateTime":1700000000.5,"ItemCount":3}})"));
  EXPECT_EQ(parse_timestamp("2023-11-14T22:13:20Z"), 1700000000.0);
  EXPECT_EQ(parse_timestamp("2023-11-14T22:13:20.25Z"), 1700000000.25);
  EXPECT_EQ(parse_timestamp("2023-11-14T23:13:20+01:00"), 1700000000.0);
  EXPECT_EQ(parse_timestamp("Tue, 14 Nov 2023 22:13:20 GMT"), 1700000000.0);
  EXPECT_EQ(parse_timestamp("1700000000"), 1700000000.0);
  for (const char* bad : {"", "today", "2023-11-14", "2023-11-14T22:13:20", "1e300", "nan", "2023-11-14T22:13:20Zx"})
    EXPECT_EQ(parse_timestamp(bad), std::nullopt) << bad;
  EXPECT_EQ(format_iso8601(1700000000), "2023-11-14T22:13:20Z");
  EXPECT_EQ(format_http_date(1700000000), "Tue, 14 Nov 2023 22:13:20 GMT");
}

TEST(JsonProtocol, WrongTypesHaveDynamoDbsTexts) {
  TestFront front;
  const std::string type = "com.amazon.coral.service#SerializationException / ";
  const std::pair<const char*, const char*> cases[] = {
      {R"({"TableName":true})", "TRUE_VALUE cannot be converted to String"},
      {R"({"TableName":23})", "NUMBER_VALUE cannot be converted to String"},
      {R"({"TableName":34.56})", "DECIMAL_VALUE cannot be converted to String"},
      {R"({"TableName":[]})", "Unrecognized collection type class java.lang.String"},
      {R"({"TableName":{}})", "Start of structure or map found where not expected"},
      {R"({"KeySchema":"23"})", "Unexpected field type"},
      {R"({"KeySchema":{}})", "Start of structure or map found where not expected"},
      {R"({"KeySchema":["23"]})", "Unexpected value type in payload"},
      {R"({"KeySchema":[[]]})", "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.KeySchemaElement"},
      {R"({"ProvisionedThroughput":"23"})", "Unexpected field type"},
      {R"({"ProvisionedThroughput":{"WriteCapacityUnits":"23"}})", "STRING_VALUE cannot be converted to Long"},
      {R"({"ProvisionedThroughput":{"WriteCapacityUnits":false}})", "FALSE_VALUE cannot be converted to Long"},
      {R"({"DeletionProtectionEnabled":"23"})", "Unexpected token received from parser"},
      {R"({"DeletionProtectionEnabled":23})", "NUMBER_VALUE cannot be converted to Boolean"},
  };
  for (const auto& [body, text] : cases) {
    const auto response = front.dynamodb("CreateTable", body);
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(error_of(response), type + text) << body;
  }
  EXPECT_TRUE(front.calls.empty());
}

TEST(JsonProtocol, WrongTypesHaveTheOtherServicesTexts) {
  TestFront front;
  EXPECT_EQ(error_of(front.json("Logs_20140328.CreateLogGroup", R"({"logGroupName":1})")),
            "SerializationException: NUMBER_VALUE can not be converted to a String");
  EXPECT_EQ(error_of(front.json("Logs_20140328.CreateLogGroup", R"({"logGroupName":[]})")),
            "SerializationException: Start of list found where not expected");
}

TEST(JsonProtocol, MalformedBodiesAreRefused) {
  TestFront front;
  for (std::string body : {std::string("{"), std::string("[]"), std::string("null"), std::string("{\"a\":1}x"),
                           std::string("{\"TableName\":\"\xff\"}"), std::string(100'000, '['),
                           "{\"TableName\":" + std::string(100'000, '[')}) {
    const auto response = front.dynamodb("DescribeTable", body);
    EXPECT_EQ(response.status, 400);
    EXPECT_TRUE(error_of(response).starts_with("com.amazon.coral.service#SerializationException")) << response.body;
  }
}

TEST(JsonProtocol, ValidationHasEachServicesName) {
  TestFront front;
  EXPECT_EQ(error_of(front.dynamodb("DescribeTable", "{}")),
            "com.amazon.coral.validate#ValidationException: 1 validation error detected: Value null at 'tableName' "
            "failed to satisfy "
            "constraint: Member must not be null");
  EXPECT_TRUE(error_of(front.json("Logs_20140328.CreateLogGroup", "{}"))
                  .starts_with("InvalidParameterException: 1 validation error"));
}

TEST(JsonProtocol, HandlersErrorsHaveTheServicesNamespace) {
  TestFront front;
  front.answer = [](service::Call&) -> service::Reply { throw AwsError(kNotFound, "Requested resource not found"); };
  const auto response = front.dynamodb("DescribeTable", R"({"TableName":"t"})");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(
      response.body,
      R"({"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"Requested resource not )"
      R"(found"})");
  EXPECT_EQ(*response.header("x-amz-crc32"), std::to_string(crc32(response.body)));
  EXPECT_EQ(error_of(front.json("Logs_20140328.DeleteLogGroup", R"({"logGroupName":"g"})")),
            "ResourceNotFoundException: Requested resource not found");
}

TEST(JsonProtocol, RawOperationsGiveErrorMembersInWireForm) {
  TestFront front;
  front.answer = [](service::Call&) -> service::Reply {
    throw AwsError(kCheckFailed, "The conditional request failed", {{"Item", {{"b", {{"B", "AAEC/w=="}}}}}});
  };
  EXPECT_EQ(front.dynamodb("PutItem", "{}").body,
            R"({"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"The )"
            R"(conditional request failed",)"
            R"("Item":{"b":{"B":"AAEC/w=="}}})");
}

TEST(JsonProtocol, UnknownOperationsAreToldApart) {
  TestFront front;
  EXPECT_EQ(front.dynamodb("Nothing", "{}").body, R"({"__type":"com.amazon.coral.service#UnknownOperationException"})");
  EXPECT_EQ(front.json("Nobody_1.Nothing", "{}").status, 400);
  EXPECT_EQ(front.json("", "{}").status, 400);
  const auto response = front.dynamodb("CreateBackup", R"({"TableName":"t","BackupName":"backup"})");
  EXPECT_EQ(response.status, 400);  // a 501 would be retried
  EXPECT_EQ(
      error_of(response),
      "com.amazon.coral.service#UnsupportedOperationException: Brume does not support CreateBackup of DynamoDB yet");
  EXPECT_TRUE(front.calls.empty());
}

TEST(JsonProtocol, UnexpectedExceptionsAreInternalErrors) {
  TestFront front;
  front.answer = [](service::Call&) -> service::Reply { throw std::runtime_error("secret detail"); };
  const auto response = front.dynamodb("DescribeTable", R"({"TableName":"t"})");
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(error_of(response).substr(0, 52), "com.amazonaws.dynamodb.v20120810#InternalServerError");
  EXPECT_EQ(response.body.find("secret"), std::string::npos);
}

TEST(JsonProtocol, CborIsRefusedByName) {
  TestFront front;
  const auto response =
      front.send({"POST",
                  "/service/DynamoDB_20120810/operation/ListTables",
                  {{"Host", "localhost"}, {"Smithy-Protocol", "rpc-v2-cbor"}, {"Content-Type", "application/cbor"}},
                  "\xa0"});
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(error_of(response).find("rpc-v2-cbor"), std::string::npos);
}

TEST(JsonProtocol, StringsAreAlwaysWellFormed) {
  std::string out;
  append_json_string(out, std::string_view("a\0\x1f\"\\\n\xff\xc3é", 10));
  EXPECT_EQ(json_of(out).as_string(), json::string_view("a\0\x1f\"\\\n\xEF\xBF\xBD\xEF\xBF\xBDé", 14));
}

}  // namespace
}  // namespace brume::front
