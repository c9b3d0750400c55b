#include "server/admin.h"

#include <boost/json.hpp>
#include <charconv>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/time_text.h"
#include "net/message/file_stream.h"

namespace brume::server {
namespace {

constexpr std::size_t kNullBytesMax = 1024 * 1024;
constexpr std::string_view kCode = "lambda/code/";

net::Response text(int status, std::string type, std::string body) {
  net::Response response;
  response.status = status;
  response.headers.emplace_back("Content-Type", std::move(type));
  response.body = std::move(body);
  return response;
}

net::Response refused(int status, std::string_view message) {
  return text(status, "application/json",
              boost::json::serialize(boost::json::object{{"message", boost::json::string_view(message)}}));
}

net::Response null_answer(std::string_view query) {
  std::size_t bytes = 0;
  if (query.starts_with("bytes=")) std::from_chars(query.data() + 6, query.data() + query.size(), bytes);
  return text(200, "application/x-amz-json-1.0", std::string(std::min(bytes, kNullBytesMax), 'x'));
}

}  // namespace

bool Admin::is_health(std::string_view path) {
  return path == "/_brume/health" || path == "/_brume/health/live" || path == "/_brume/health/ready";
}

net::Response Admin::health(std::string_view path) const {
  if (path.ends_with("/live")) return text(200, "application/json", R"({"status":"ok"})");
  const std::vector<std::string_view> reasons = health_.reasons();
  if (reasons.empty()) return text(200, "application/json", R"({"status":"ok"})");
  boost::json::array list;
  for (const std::string_view reason : reasons)
    list.emplace_back(boost::json::string_view(reason.data(), reason.size()));
  net::Response response =
      text(503, "application/json",
           boost::json::serialize(boost::json::object{{"status", "unavailable"}, {"reasons", list}}));
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

Task<net::Response> Admin::package(std::string token) {
  const auto path = lambda_ ? lambda_->package_of_token(token) : std::nullopt;
  std::shared_ptr<net::BodyStream> file;
  if (path) file = co_await net::open_file(*path, pool_);
  if (!file) co_return text(403, "application/json", R"({"message":"Forbidden"})");
  net::Response response = text(200, "application/zip", {});
  response.stream = std::move(file);
  co_return response;
}

Task<net::Response> Admin::clock(bool move, std::string query) {
  if (!clock_) co_return refused(403, "the clock is set forward with --auth open alone");
  if (move) {
    std::optional<std::chrono::milliseconds> by;
    for (const auto& [name, value] : net::parse_query(query))
      if (name == "advance") by = parse_duration(value);
    if (!by) co_return refused(400, "advance must be a duration, as 90s, 5m, 2h or 7d");
    if (!co_await clock_->advance(*by)) co_return refused(400, "the clock would be more than a hundred years ahead");
    log_info("clock_moved", {{"ms", by->count()}});
  }
  co_return text(200, "application/json",
                 boost::json::serialize(boost::json::object{{"now", iso_millis(clock_->now()) + "Z"},
                                                            {"aheadSeconds", clock_->ahead().count() / 1000.0}}));
}

bool Admin::is_public(std::string_view path) {
  return is_health(path) || path.substr(kAdminPrefix.size()).starts_with(kCode);
}

Task<net::Response> Admin::handle(const net::Request& request) {
  const std::string_view path = request.path.substr(kAdminPrefix.size());
  if (is_health(request.path)) co_return health(request.path);
  if (path == "metrics") co_return text(200, "text/plain; version=0.0.4", observe_.metrics().render_prometheus());
  if (path == "null" && request.method == "POST") co_return null_answer(request.query);
  if (path == "clock" && (request.method == "GET" || request.method == "POST"))
    co_return co_await clock(request.method == "POST", std::string(request.query));
  if (path.starts_with(kCode) && request.method == "GET")
    co_return co_await package(std::string(path.substr(kCode.size())));
  co_return text(404, "application/json", R"({"message":"no such path"})");
}

}  // namespace brume::server
