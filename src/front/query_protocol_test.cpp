// The query protocol: IAM and STS.
#include "front/query_codec.h"
#include "front/test_front.h"

namespace brume::front {
namespace {

namespace json = boost::json;

constexpr ErrorKind kNoSuchEntity{"NoSuchEntityException", 404};
constexpr ErrorKind kLimit{"LimitExceeded", 409};

TEST(QueryProtocol, ListsAndStructuresComeFromNumberedNames) {
  TestFront front;
  const auto response = front.form(
      "Action=CreateRole&Version=2010-05-08&RoleName=r%2B1&AssumeRolePolicyDocument=%7B%7D&MaxSessionDuration=3600"
      "&Tags.member.1.Key=a&Tags.member.1.Value=x+y&Tags.member.2.Key=b&Tags.member.2.Value=");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(front.input, json_of(R"({"RoleName":"r+1","AssumeRolePolicyDocument":"{}","MaxSessionDuration":3600,)"
                                 R"("Tags":[{"Key":"a","Value":"x y"},{"Key":"b","Value":""}]})")
                             .as_object());
}

TEST(QueryProtocol, GetIsAsGoodAsAForm) {
  TestFront front;
  EXPECT_EQ(front.rest("GET", "/?Action=GetCallerIdentity&Version=2011-06-15").status, 200);
  EXPECT_EQ(front.calls, std::vector<std::string>{"GetCallerIdentity"});
}

TEST(QueryProtocol, VersionOrScopePicksTheService) {
  TestFront front;
  EXPECT_NE(front.form("Action=ListRoles&Version=2010-05-08").body.find("<ListRolesResponse xmlns=\"https://iam."),
            std::string::npos);
  EXPECT_NE(front.form("Action=ListRoles&Version=2011-06-15").body.find("InvalidAction"), std::string::npos);
}

TEST(QueryProtocol, RepliesAreXml) {
  TestFront front;
  front.answer = [](service::Call&) {
    service::Reply reply;
    reply.output = {{"Role",
                     {{"Path", "/"},
                      {"RoleName", "<a&\"b\">"},
                      {"CreateDate", 1700000000},
                      {"Tags", json::array{json::object{{"Key", "k"}, {"Value", "v"}}}}}}};
    return reply;
  };
  const auto response = front.form("Action=GetRole&Version=2010-05-08&RoleName=r");
  EXPECT_EQ(*response.header("content-type"), "text/xml");
  EXPECT_EQ(response.body,
            "<GetRoleResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><GetRoleResult><Role><Path>/</Path>"
            "<RoleName>&lt;a&amp;&quot;b&quot;&gt;</RoleName><CreateDate>2023-11-14T22:13:20Z</CreateDate>"
            "<Tags><member><Key>k</Key><Value>v</Value></member></Tags></Role></GetRoleResult>"
            "<ResponseMetadata><RequestId>" +
                *response.header("x-amzn-requestid") + "</RequestId></ResponseMetadata></GetRoleResponse>");
}

TEST(QueryProtocol, OperationsWithoutOutputHaveNoResult) {
  TestFront front;
  const auto response = front.form("Action=DeleteRole&Version=2010-05-08&RoleName=r");
  EXPECT_EQ(response.body.find("DeleteRoleResult"), std::string::npos);
  EXPECT_NE(response.body.find("<DeleteRoleResponse xmlns"), std::string::npos);
}

TEST(QueryProtocol, ErrorsAreXmlWithTheWireCode) {
  TestFront front;
  front.answer = [](service::Call&) -> service::Reply {
    throw AwsError(kNoSuchEntity, "The role with name <r> cannot be found.");
  };
  const auto response = front.form("Action=GetRole&Version=2010-05-08&RoleName=r");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body,
            "<ErrorResponse "
            "xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type><Code>NoSuchEntity</Code>"
            "<Message>The role with name &lt;r&gt; cannot be found.</Message></Error><RequestId>" +
                *response.header("x-amzn-requestid") + "</RequestId></ErrorResponse>");
  front.answer = [](service::Call&) -> service::Reply { throw AwsError(kLimit, "no more"); };
  EXPECT_NE(front.form("Action=GetRole&Version=2010-05-08&RoleName=r").body.find("<Code>LimitExceeded</Code>"),
            std::string::npos);
}

TEST(QueryProtocol, ValidationIsAValidationError) {
  TestFront front;
  const auto response = front.form("Action=GetRole&Version=2010-05-08");
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(response.body.find("<Code>ValidationError</Code><Message>1 validation error detected: Value null at "
                               "'roleName' failed to satisfy "
                               "constraint: Member must not be null</Message>"),
            std::string::npos)
      << response.body;
}

TEST(QueryProtocol, UnknownAndUnsupportedActionsAreNamed) {
  TestFront front;
  EXPECT_NE(front.form("Action=Nothing&Version=2010-05-08")
                .body.find("<Code>InvalidAction</Code><Message>Could "
                           "not find operation Nothing for "
                           "version 2010-05-08</Message>"),
            std::string::npos);
  const auto response = front.form("Action=GetAccountSummary&Version=2010-05-08");
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(response.body.find("Brume does not support GetAccountSummary of IAM yet"), std::string::npos);
}

TEST(QueryProtocol, ValuesOfTheWrongTypeAreMalformed) {
  TestFront front;
  for (const char* form :
       {"Action=ListRoles&Version=2010-05-08&MaxItems=ten", "Action=ListRoles&Version=2010-05-08&Marker=%ff",
        "Action=ListRoles&Version=2010-05-08&MaxItems=99999999999999999999"}) {
    const auto response = front.form(form);
    EXPECT_EQ(response.status, 400);
    EXPECT_NE(response.body.find("<Code>MalformedInput</Code>"), std::string::npos) << response.body;
  }
}

TEST(QueryProtocol, XmlHoldsNoForbiddenCharacters) {
  std::string out;
  append_xml_text(out, std::string_view("a\0b\x1b\xff\xc3\n\té", 10));
  EXPECT_EQ(out,
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\n\té");
}

}  // namespace
}  // namespace brume::front
