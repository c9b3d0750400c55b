#include "server/admin.h"

#include <boost/json.hpp>
#include <charconv>
#include <algorithm>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/time_text.h"
#include "net/message/file_stream.h"
#include "observe/series/series_name.h"

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

constexpr std::size_t kSeriesMax = 500;
constexpr std::size_t kPointsMax = 1440;

struct SeriesWish {
  std::string account, region, metric_namespace, name;
  WallTime from;

  bool wants(const observe::SeriesName& series) const {
    const auto fits = [](const std::string& wish, const std::string& is) { return wish.empty() || wish == is; };
    return fits(region, series.region) && fits(metric_namespace, series.metric_namespace) && fits(name, series.name);
  }
};

SeriesWish wish_of(std::string_view query, WallTime now) {
  SeriesWish wish;
  int minutes = 60;
  for (auto& [name, value] : net::parse_query(query)) {
    if (name == "account") wish.account = std::move(value);
    else if (name == "region") wish.region = std::move(value);
    else if (name == "namespace") wish.metric_namespace = std::move(value);
    else if (name == "name") wish.name = std::move(value);
    else if (name == "minutes") std::from_chars(value.data(), value.data() + value.size(), minutes);
  }
  wish.from = now - std::chrono::minutes(std::clamp(minutes, 1, 15 * 24 * 60));
  return wish;
}

boost::json::object shown(const observe::SeriesName& name, const std::vector<observe::SeriesPoint>& points) {
  boost::json::object dimensions;
  for (const auto& [dimension, value] : name.dimensions) dimensions[dimension] = value;
  boost::json::array list;
  for (const observe::SeriesPoint& point : points)
    list.push_back({{"time", iso_seconds(WallTime(std::chrono::minutes(point.minute)))},
                    {"count", point.set.count},
                    {"sum", point.set.sum},
                    {"min", point.set.min},
                    {"max", point.set.max}});
  return {{"account", name.account},
          {"region", name.region},
          {"namespace", name.metric_namespace},
          {"name", name.name},
          {"dimensions", std::move(dimensions)},
          {"points", std::move(list)}};
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

Task<net::Response> Admin::series(std::string query) {
  SeriesWish wish = wish_of(query, time_.now());
  observe::MetricSeries& all = observe_.series();
  const bool fresh = co_await all.flush();
  boost::json::array out;
  std::string after;
  while (out.size() < kSeriesMax) {
    std::string prefix = observe::series_key_prefix(wish.account, wish.region);
    const std::vector<std::string> keys = co_await all.list(std::move(prefix), after, kSeriesMax);
    if (keys.empty()) break;
    after = keys.back();
    for (const std::string& key : keys) {
      const observe::SeriesName name = observe::series_name(key);
      if (!wish.wants(name) || out.size() == kSeriesMax) continue;
      std::string copy = key;
      const auto points = co_await all.read(std::move(copy), wish.from, WallTime::max(), kPointsMax);
      if (!points.empty()) out.push_back(shown(name, points));
    }
  }
  co_return text(200, "application/json",
                 boost::json::serialize(boost::json::object{{"complete", fresh}, {"series", out}}));
}

bool Admin::is_public(std::string_view path) {
  return is_health(path) || path.substr(kAdminPrefix.size()).starts_with(kCode);
}

Task<net::Response> Admin::handle(const net::Request& request) {
  const std::string_view path = request.path.substr(kAdminPrefix.size());
  if (is_health(request.path)) co_return health(request.path);
  if (path == "metrics") co_return text(200, "text/plain; version=0.0.4", observe_.metrics().render_prometheus());
  if (path == "series" && request.method == "GET") co_return co_await series(std::string(request.query));
  if (path == "null" && request.method == "POST") co_return null_answer(request.query);
  if (path == "clock" && (request.method == "GET" || request.method == "POST"))
    co_return co_await clock(request.method == "POST", std::string(request.query));
  if (path.starts_with(kCode) && request.method == "GET")
    co_return co_await package(std::string(path.substr(kCode.size())));
  co_return text(404, "application/json", R"({"message":"no such path"})");
}

}  // namespace brume::server
