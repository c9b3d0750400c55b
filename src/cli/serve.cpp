#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <optional>
#include <set>

#include "base/log.h"
#include "cli/commands.h"
#include "server/house.h"

namespace brume::cli {
namespace {

/// Settings that `now` has otherwise than `before`.
std::set<std::string> changed(const Told& before, const Told& now) {
  std::set<std::string> names;
  const auto compare = [&names](const Told& one, const Told& other) {
    for (const auto& [name, given] : one.given) {
      const auto found = other.given.find(name);
      if (found == other.given.end() || found->second.value != given.value) names.insert(name);
    }
  };
  compare(before, now);
  compare(now, before);
  return names;
}

void reload(server::House& house, const Told& before, const std::function<Told()>& again) {
  house.reload_certificates();
  try {
    const Told now = again();
    server::require_sound(now.config);
    set_log_level(now.log_level);
    std::string waiting;
    for (const std::string& name : changed(before, now))
      if (!is_reloadable(name)) waiting += (waiting.empty() ? "" : " ") + name;
    log_info("settings_reloaded");
    if (!waiting.empty()) log_warn("settings_need_a_restart", {{"names", waiting}});
  } catch (const std::exception& error) {
    log_error("settings_refused", {{"error", error.what()}});
  }
}

/// Waits for signals on the thread that calls, not on a loop: settings are read from files.
class Signals {
 public:
  explicit Signals(bool hangup) {
    // With nothing to read again a hangup ends the process, as it does others whose terminal goes.
    if (hangup) signals_.add(SIGHUP);
  }
  /// The next one. Those that come in between are kept.
  int wait() {
    int caught = 0;
    signals_.async_wait([&caught](boost::system::error_code, int signal) { caught = signal; });
    context_.restart();
    context_.run();
    return caught;
  }

 private:
  asio::io_context context_;
  asio::signal_set signals_{context_, SIGTERM, SIGINT};
};

}  // namespace

int serve(const Told& told, const std::function<Told()>& again) {
  set_log_level(told.log_level);
  const LogWriter log_writer;
  try {
    server::House house(told.config);
    std::optional<Signals> signals(std::in_place, !told.config.tls_certificates.empty() || !told.file.empty());
    std::printf("brume ready %s\n", house.url().c_str());
    std::fflush(stdout);
    while (signals->wait() == SIGHUP) reload(house, told, again);
    signals.reset();  // a second signal does not wait: it ends the process at once
    log_info("stopping");
    house.stop();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "brume: %s\n", error.what());
    return 1;
  }
}

}  // namespace brume::cli
