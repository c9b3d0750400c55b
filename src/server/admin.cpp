#include "server/admin.h"

#include <charconv>
#include <fstream>
#include <sstream>

namespace brume::server {
namespace {

constexpr std::size_t kNullBytesMax = 1024 * 1024;
constexpr std::string_view kHealth = "health";
constexpr std::string_view kCode = "lambda/code/";

net::Response text(int status, std::string type, std::string body) {
  net::Response response;
  response.status = status;
  response.headers.emplace_back("Content-Type", std::move(type));
  response.body = std::move(body);
  return response;
}

net::Response null_answer(std::string_view query) {
  std::size_t bytes = 0;
  if (query.starts_with("bytes=")) std::from_chars(query.data() + 6, query.data() + query.size(), bytes);
  return text(200, "application/x-amz-json-1.0", std::string(std::min(bytes, kNullBytesMax), 'x'));
}

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream out;
  out << file.rdbuf();
  return std::move(out).str();
}

}  // namespace

Task<net::Response> Admin::package(std::string token) {
  const auto path = lambda_ ? lambda_->package_of_token(token) : std::nullopt;
  std::optional<std::string> bytes;
  if (path) {
    auto work = [file = *path] { return read_file(file); };
    bytes = co_await pool_.run(std::move(work));
  }
  if (!bytes) co_return text(403, "application/json", R"({"message":"Forbidden"})");
  co_return text(200, "application/zip", std::move(*bytes));
}

bool Admin::is_public(std::string_view path) {
  path.remove_prefix(kAdminPrefix.size());
  return path == kHealth || path.starts_with(kCode);
}

Task<net::Response> Admin::handle(const net::Request& request) {
  const std::string_view path = request.path.substr(kAdminPrefix.size());
  if (path == kHealth) co_return text(200, "application/json", R"({"status":"ok"})");
  if (path == "metrics") co_return text(200, "text/plain; version=0.0.4", observe_.metrics().render_prometheus());
  if (path == "null" && request.method == "POST") co_return null_answer(request.query);
  if (path.starts_with(kCode) && request.method == "GET")
    co_return co_await package(std::string(path.substr(kCode.size())));
  co_return text(404, "application/json", R"({"message":"no such path"})");
}

}  // namespace brume::server
