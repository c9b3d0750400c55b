// Brume's own paths, below /_brume/.
#pragma once

#include <optional>
#include <string>

#include "lambda/lambda.h"
#include "net/http_message.h"
#include "observe/observe.h"

namespace brume::server {

inline constexpr std::string_view kAdminPrefix = "/_brume/";

class Admin {
 public:
  Admin(observe::Observe& observe, BlockingPool& pool) : observe_(observe), pool_(pool) {}
  void set(lambda::Lambda* lambda) { lambda_ = lambda; }

  /// Whether everybody may ask for `path`: health, and links to packages, which carry a signature of their own. The rest
  /// is the owner's; the caller of handle() sees to that.
  static bool is_public(std::string_view path);

  /// GET /_brume/health, GET /_brume/metrics, GET /_brume/lambda/code/TOKEN, and POST /_brume/null?bytes=N,
  /// which answers N bytes and is what benchmarks compare with. Anything else: 404.
  Task<net::Response> handle(const net::Request& request);

 private:
  Task<net::Response> package(std::string token);

  observe::Observe& observe_;
  BlockingPool& pool_;
  lambda::Lambda* lambda_ = nullptr;
};

}  // namespace brume::server
