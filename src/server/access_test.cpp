// What each row of each operation table says that a call needs to be allowed: generated from the tables.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <boost/json.hpp>
#include <set>

#include "front/json_codec.h"
#include "server/house.h"
#include "service/arn.h"
#include "service/authorize.h"
#include "store/testing/temporary_store.h"

namespace brume::server {
namespace {
namespace json = boost::json;
using service::Member;
using service::ServiceModel;
using service::Shape;
using service::ShapeType;

constexpr std::string_view kAccount = "111122223333";

/// AWS's Service Authorization Reference names no resource for these.
const std::set<std::string, std::less<>> kWithoutResource = {
    "dynamodb:DescribeEndpoints", "dynamodb:DescribeLimits", "dynamodb:ListBackups", "dynamodb:ListContributorInsights",
    "dynamodb:ListGlobalTables",  "dynamodb:ListTables",     "dynamodb:ListStreams", "lambda:ListFunctions",
    "lambda:GetAccountSettings",  "iam:ListRoles",           "iam:ListUsers",        "iam:ListPolicies",
    "sts:GetCallerIdentity",      "sts:GetAccessKeyInfo",    "sts:GetSessionToken",  "logs:DescribeLogGroups"};
/// And these are the account's, where only a part of it was meant to be named.
const std::set<std::string, std::less<>> kOfAnyUser = {"iam:GetAccessKeyLastUsed"};

std::string sample_text(const ServiceModel& model, std::string_view member) {
  if (member == "PolicyArn") return "arn:aws:iam::111122223333:policy/sample";
  if (member == "Role" || member == "RoleArn" || member == "credentials")
    return "arn:aws:iam::111122223333:role/sample";
  if (member == "Path" || member == "NewPath") return "/sample/";
  if (member == "StreamArn")
    return "arn:aws:dynamodb:us-east-1:111122223333:table/sample/stream/2026-01-01T00:00:00.000";
  if (member == "Statement") return "SELECT * FROM sample";
  if (member == "Resource") return "arn:aws:lambda:us-east-1:111122223333:function:sample";
  if (member == "resourceArn") return "arn:aws:apigateway:us-east-1::/restapis/sample";
  if (member.ends_with("Arn") || member.ends_with("ARN"))
    return service::make_arn(model.signing_name, "us-east-1", kAccount, "table/sample");
  return "sample";
}

/// With every member that there is, so that each row finds what it looks for.
json::value sample(const ServiceModel& model, const Shape& shape, std::string_view name, int depth) {
  switch (shape.type) {
    case ShapeType::structure: {
      json::object out;
      for (const Member& member : shape.members) {
        if (member.name == "logGroupIdentifier" || member.name == "patchOperations") continue;
        if (depth > 0) out[member.name] = sample(model, model.shape(member.shape), member.name, depth - 1);
      }
      return out;
    }
    case ShapeType::list:
      if (depth == 0) return json::array();
      return json::array{sample(model, model.shape(shape.members[0].shape), name, depth - 1)};
    case ShapeType::map:
      if (depth == 0) return json::object();
      return json::object{{"sample", sample(model, model.shape(shape.members[1].shape), name, depth - 1)}};
    case ShapeType::boolean: return true;
    case ShapeType::integer:
    case ShapeType::long_integer:
    case ShapeType::timestamp: return 1;
    case ShapeType::float_number:
    case ShapeType::double_number: return 1.0;
    default: break;
  }
  if (!shape.enum_values.empty()) return json::string(shape.enum_values.front());
  return json::string(sample_text(model, name));
}

void check_arn(const std::string& action, const std::string& text) {
  const auto arn = service::Arn::parse(std::string_view(text));
  ASSERT_TRUE(arn) << text;
  const std::string_view vendor = std::string_view(action).substr(0, action.find(':'));
  const bool of_iam = vendor == "iam" || vendor == "sts";
  EXPECT_EQ(arn->partition, "aws");
  EXPECT_EQ(arn->service, of_iam ? "iam" : vendor);
  EXPECT_EQ(arn->region, of_iam ? "" : "us-east-1");
  EXPECT_EQ(arn->account, vendor == "apigateway" ? "" : kAccount);
  EXPECT_EQ(arn->resource.find("{"), std::string_view::npos);
  static const std::map<std::string, std::string, std::less<>> kForms = {
      {"dynamodb", "table/sample(/index/sample|/stream/[^/]+)?"},
      {"lambda", "function:sample(:sample)?"},
      {"apigateway", "(/[a-zA-Z0-9_%.-]+)+"},
      {"iam", "(user|role|policy)/(sample/)?(sample|\\*)"},
      {"sts", "role/sample"},
      {"logs", "log-group:sample:log-stream:(sample)?"}};
  EXPECT_TRUE(RE2::FullMatch(arn->resource, kForms.at(std::string(vendor)))) << text;
}

class Access : public ::testing::Test {
 protected:
  static Config config(const std::string& folder) {
    Config config;
    config.data_folder = folder;
    config.listen_port = 0;
    config.loops = 1;
    return config;
  }
  store::testing::TemporaryFolder folder;
  House house{config(folder.path() + "/data")};
};

TEST_F(Access, EveryRowSaysWhatItsCallsNeed) {
  std::size_t rows = 0;
  std::set<std::string, std::less<>> without;
  for (const service::Service& service : house.catalog().services())
    for (const service::Entry& entry : house.catalog().entries(service.model->name)) {
      if (!entry.row) continue;
      ++rows;
      const ServiceModel& model = *entry.model;
      SCOPED_TRACE(std::string(model.name) + " " + std::string(entry.shape->name));
      ASSERT_TRUE(entry.row->resource_of);
      service::Call call;
      call.region = "us-east-1";
      call.caller.account = kAccount;
      call.caller.arn = "arn:aws:iam::111122223333:user/sample";
      std::string body;
      if (entry.shape->input != service::kNoShape) {
        const Shape& shape = model.shape(entry.shape->input);
        call.input = sample(model, shape, "", 7).as_object();
        if (entry.row->raw) {
          body = front::json_text().write(model, shape, call.input);
          call.body = body;
          call.input.clear();
        }
      }
      const std::vector<service::Access> wanted = entry.row->resource_of(entry, call);
      ASSERT_FALSE(wanted.empty());
      for (const service::Access& access : wanted) {
        static const RE2 kAction(
            "(apigateway:(GET|PUT|POST|PATCH|DELETE))|((dynamodb|lambda|iam|sts|logs):[A-Z][A-Za-z]+)");
        EXPECT_TRUE(RE2::FullMatch(access.action, kAction)) << access.action;
        if (access.resource == "*") without.insert(access.action);
        else if (entry.shape->name != "GetRecords") check_arn(access.action, access.resource);  // its token is opaque
        EXPECT_EQ(access.resource.ends_with("/*"), kOfAnyUser.contains(access.action)) << access.action;
      }
    }
  EXPECT_GT(rows, 150u);
  EXPECT_EQ(without, kWithoutResource);
}

/// What is absent leaves a gap, and nothing is thrown: the input is not validated yet.
TEST_F(Access, NoRowStumblesOverWhatIsNotThere) {
  for (const service::Service& service : house.catalog().services())
    for (const service::Entry& entry : house.catalog().entries(service.model->name)) {
      if (!entry.row) continue;
      SCOPED_TRACE(std::string(entry.model->name) + " " + std::string(entry.shape->name));
      service::Call call;
      call.region = "us-east-1";
      call.caller.account = kAccount;
      for (const std::string_view body : {"", "{}", "[]", R"({"TableName":{}})"}) {
        call.body = body;
        EXPECT_FALSE(entry.row->resource_of(entry, call).empty());
      }
      for (const service::Member& member : entry.shape->input == service::kNoShape
                                               ? std::span<const service::Member>()
                                               : entry.model->shape(entry.shape->input).members)
        for (const json::value& odd : {json::value(nullptr), json::value(7), json::value(json::array{json::array()}),
                                       json::value("arn:"), json::value(json::object{{"a", 1}})}) {
          call.input = {{member.name, odd}};
          EXPECT_FALSE(entry.row->resource_of(entry, call).empty());
        }
    }
}

}  // namespace
}  // namespace brume::server
