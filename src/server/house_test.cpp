// The whole server in this process: what it answers itself, and the socket in its data folder.
#include "server/house.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <boost/json.hpp>
#include <filesystem>

#include "base/unique_fd.h"
#include "store/testing/temporary_store.h"

namespace brume::server {
namespace {

using store::testing::run_task;
using store::testing::TemporaryFolder;

struct HouseTest : ::testing::Test {
  TemporaryFolder folder;

  Config config(front::AuthMode mode = front::AuthMode::open) {
    Config out;
    out.listen_port = 0;
    out.data_folder = folder.path();
    out.auth = mode;
    out.loops = 1;
    out.cache_bytes = 32 * 1024 * 1024;
    return out;
  }

  static net::Response send(const House& house, std::string method, const std::string& path,
                            std::vector<net::Header> headers = {}, std::string body = {}) {
    net::HttpClient client;
    return run_task(client.send({.method = std::move(method),
                                 .url = house.url() + path,
                                 .headers = std::move(headers),
                                 .body = std::move(body)}));
  }

  /// What the admin socket answers, as sent.
  std::string ask_socket(const std::string& request) {
    const std::string path = admin_socket(folder.path());
    const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
    const std::string all = request + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    if (::send(fd.get(), all.data(), all.size(), MSG_NOSIGNAL) < 0 || ::send(fd.get(), "\r\n", 2, MSG_NOSIGNAL) < 0)
      return {};
    std::string answer;
    char piece[4096];
    for (ssize_t got = 0; (got = ::recv(fd.get(), piece, sizeof piece, 0)) > 0;)
      answer.append(piece, static_cast<std::size_t>(got));
    return answer;
  }
};

TEST_F(HouseTest, AnOpenServerAnswersItsOwnPathsToItsOwnNames) {
  House house(config());
  EXPECT_EQ(send(house, "GET", "/_brume/health").status, 200);
  EXPECT_EQ(send(house, "GET", "/_brume/metrics").status, 200);
  EXPECT_EQ(send(house, "POST", "/_brume/null?bytes=5").body, "xxxxx");
  EXPECT_EQ(send(house, "GET", "/_brume/nothing").status, 404);
  EXPECT_EQ(send(house, "GET", "/_brume/health", {{"Host", "evil.example"}}).status, 403);
  EXPECT_EQ(send(house, "POST", "/_brume/null", {{"Origin", "https://evil.example"}}).status, 403);
}

TEST_F(HouseTest, WhereSignaturesCountItsPathsNeedOne) {
  House house(config(front::AuthMode::sigv4));
  EXPECT_EQ(send(house, "GET", "/_brume/health").status, 200);
  EXPECT_EQ(send(house, "GET", "/_brume/metrics").status, 403);
  EXPECT_EQ(send(house, "GET", "/_brume/lambda/code/nothing").status, 403);
}

TEST_F(HouseTest, TheHeadBoundsTheBody) {
  House house(config());
  const std::string long_body(70'000, 'x');
  EXPECT_EQ(send(house, "POST", "/_brume/null", {}, long_body).status, 413);
  EXPECT_EQ(send(house, "POST", "/", {{"X-Amz-Target", "DynamoDB_20120810.ListTables"}}, long_body).status, 400);
  const net::Response refused = send(house, "POST", "/_aws/execute-api/a/b/c", {}, std::string(11'000'000, 'x'));
  EXPECT_EQ(refused.status, 413);
  EXPECT_EQ(refused.body, R"({"message":"Request Too Long"})");
}

TEST_F(HouseTest, TheAdminSocketIsTheOwnersAndMakesKeys) {
  House house(config(front::AuthMode::sigv4));
  struct stat seen {};
  ASSERT_EQ(::stat(admin_socket(folder.path()).c_str(), &seen), 0);
  EXPECT_EQ(seen.st_mode & 0777, 0600u);
  const std::string made = ask_socket("POST /keys?account=111122223333&user=ann");
  EXPECT_TRUE(made.starts_with("HTTP/1.1 200 ")) << made;
  const auto key = boost::json::parse(made.substr(made.find("\r\n\r\n") + 4));
  EXPECT_EQ(key.at("Arn"), "arn:aws:iam::111122223333:user/ann");
  EXPECT_TRUE(ask_socket("POST /keys?account=12&user=ann").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(ask_socket("GET /keys?account=111122223333&user=ann").starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(ask_socket("POST /anything").starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(ask_socket("GET /_brume/metrics").starts_with("HTTP/1.1 200 "));
}

TEST_F(HouseTest, OneHouseAFolder) {
  House house(config());
  EXPECT_THROW(House second(config()), std::exception);
  EXPECT_EQ(send(house, "GET", "/_brume/health").status, 200);
}

TEST_F(HouseTest, AnUnsoundConfigOpensNothing) {
  Config unsound = config();
  unsound.listen_address = "0.0.0.0";
  EXPECT_THROW(House house(unsound), std::runtime_error);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST_F(HouseTest, StopsTwice) {
  House house(config());
  house.stop();
  house.stop();
}

/// The points of one series together, as {count, sum}; zeros if there is none.
std::pair<double, double> series_of(const boost::json::value& all, std::string_view name,
                                    const boost::json::object& dimensions) {
  std::pair<double, double> sums;
  for (const auto& series : all.at("series").as_array()) {
    if (std::string_view(series.at("name").as_string()) != name || series.at("dimensions") != dimensions) continue;
    for (const auto& point : series.at("points").as_array()) {
      sums.first += point.at("count").to_number<double>();
      sums.second += point.at("sum").to_number<double>();
    }
  }
  return sums;
}

TEST_F(HouseTest, CallsBecomeMetricSeriesAsCloudWatchHasThem) {
  const House house(config());
  const auto call = [&](const std::string& operation, std::string body) {
    return send(house, "POST", "/", {{"X-Amz-Target", "DynamoDB_20120810." + operation}}, std::move(body)).status;
  };
  ASSERT_EQ(
      call("CreateTable",
           R"({"TableName":"tab","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"BillingMode":"PAY_PER_REQUEST",
                     "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"},{"AttributeName":"g","AttributeType":"S"}],
                     "GlobalSecondaryIndexes":[{"IndexName":"byg","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],
                                                "Projection":{"ProjectionType":"ALL"}}]})"),
      200);
  ASSERT_EQ(call("DescribeTable", R"({"TableName":"tab"})"), 200);
  ASSERT_EQ(call("PutItem", R"({"TableName":"tab","Item":{"id":{"S":"a"},"g":{"S":"x"}}})"), 200);
  ASSERT_EQ(call("GetItem", R"({"TableName":"tab","Key":{"id":{"S":"a"}},"ConsistentRead":true})"), 200);
  ASSERT_EQ(call("GetItem", R"({"TableName":"tab","Key":{"id":{"S":"b"}}})"), 200);
  ASSERT_EQ(call("PutItem", R"json({"TableName":"tab","Item":{"id":{"S":"a"}},
                                    "ConditionExpression":"attribute_not_exists(id)"})json"),
            400);
  ASSERT_EQ(call("GetItem", R"({"TableName":"tab","Key":{}})"), 400);
  const auto answer = send(house, "GET", "/_brume/series?namespace=AWS/DynamoDB");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto all = boost::json::parse(answer.body);
  EXPECT_EQ(all.at("complete"), true);
  using Sums = std::pair<double, double>;
  EXPECT_EQ(series_of(all, "ConsumedReadCapacityUnits", {{"TableName", "tab"}}), Sums(2, 1.5));
  EXPECT_EQ(series_of(all, "ConsumedWriteCapacityUnits", {{"TableName", "tab"}}), Sums(2, 2));
  EXPECT_EQ(series_of(all, "ConsumedWriteCapacityUnits", {{"GlobalSecondaryIndexName", "byg"}, {"TableName", "tab"}}),
            Sums(1, 1));
  EXPECT_EQ(series_of(all, "SuccessfulRequestLatency", {{"Operation", "GetItem"}, {"TableName", "tab"}}).first, 2);
  EXPECT_EQ(series_of(all, "SuccessfulRequestLatency", {{"Operation", "PutItem"}, {"TableName", "tab"}}).first, 1);
  EXPECT_EQ(series_of(all, "ConditionalCheckFailedRequests", {{"TableName", "tab"}}), Sums(1, 1));
  EXPECT_EQ(series_of(all, "UserErrors", {}), Sums(1, 1));
}

}  // namespace
}  // namespace brume::server
