#include "server/landing_page.h"

#include <string>

namespace brume::server {

bool wants_landing_page(const net::Request& request) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  return reads && request.path == "/" && request.query.empty() && !request.header("authorization") &&
         request.header_or_empty("accept").find("text/html") != std::string_view::npos;
}

net::Response landing_page(std::string_view version) {
  net::Response response;
  response.headers.emplace_back("Content-Type", "text/html; charset=utf-8");
  response.headers.emplace_back("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.body =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Brume</title>"
      "<style>body{font:16px/1.5 sans-serif;max-width:40em;margin:3em auto;padding:0 1em}</style></head><body>\n"
      "<h1>Brume " +
      std::string(version) +
      "</h1>\n"
      "<p>A server that speaks the APIs of Amazon API Gateway, Lambda and DynamoDB, with as much of IAM, STS and "
      "CloudWatch Logs as they need. Point an AWS SDK or the <code>aws</code> command line here with "
      "<code>AWS_ENDPOINT_URL</code>.</p>\n"
      "<ul>\n"
      "<li><a href=\"/_brume/compatibility\">What it can do</a>, operation by operation</li>\n"
      "<li><a href=\"/_brume/health\">Health</a></li>\n"
      "<li><a href=\"/_brume/metrics\">Metrics</a></li>\n"
      "</ul>\n"
      "<p>How to run it is in <code>README.md</code> and <code>docs/OPERATIONS.md</code> of its source.</p>\n"
      "</body></html>\n";
  return response;
}

}  // namespace brume::server
