// Brume's own paths, below /_brume/.
#pragma once

#include <optional>
#include <string>

#include "lambda/lambda.h"
#include "net/message/http_message.h"
#include "observe/observe.h"
#include "server/health.h"
#include "server/clock_control.h"

namespace brume::server {

inline constexpr std::string_view kAdminPrefix = "/_brume/";

class Admin {
 public:
  /// `clock` is null where it may not be moved.
  Admin(observe::Observe& observe, BlockingPool& pool, const Health& health, const Clock& time, ClockControl* clock)
      : observe_(observe), pool_(pool), health_(health), time_(time), clock_(clock) {}
  void set(lambda::Lambda* lambda) { lambda_ = lambda; }

  /// Whether everybody may ask for `path`: health, and links to packages, which carry a signature of their own. The rest
  /// is the owner's; the caller of handle() sees to that.
  static bool is_public(std::string_view path);

  /// GET /_brume/health/live: 200 as long as the process answers. GET /_brume/health and /_brume/health/ready: 200, or 503
  /// with the reasons (Health). These answer in every phase.
  static bool is_health(std::string_view path);
  net::Response health(std::string_view path) const;

  /// Health, GET /_brume/metrics, GET /_brume/series (metric series as JSON; namespace, name, account, region and minutes
  /// choose), GET /_brume/lambda/code/TOKEN, and POST /_brume/null?bytes=N,
  /// which answers N bytes and is what benchmarks compare with; GET /_brume/clock, and POST /_brume/clock?advance=2h, which
  /// sets it forward. Anything else: 404.
  Task<net::Response> handle(const net::Request& request);

 private:
  Task<net::Response> package(std::string token);
  Task<net::Response> clock(bool move, std::string query);
  Task<net::Response> series(std::string query);

  observe::Observe& observe_;
  BlockingPool& pool_;
  const Health& health_;
  const Clock& time_;
  ClockControl* const clock_;
  lambda::Lambda* lambda_ = nullptr;
};

}  // namespace brume::server
