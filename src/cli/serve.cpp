#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <future>
#include <optional>

#include "base/log.h"
#include "cli/commands.h"
#include "server/house.h"

namespace brume::cli {
namespace {

using SignalSet = asio::basic_signal_set<LoopExecutor>;

/// Sets `asked` at the first signal that means to stop; touches `signals` no more then.
void await_signals(SignalSet& signals, server::House& house, std::promise<int>& asked) {
  signals.async_wait([&](boost::system::error_code error, int signal) {
    if (error) return;
    if (signal != SIGHUP) return asked.set_value(signal);
    house.reload_certificates();
    await_signals(signals, house, asked);
  });
}

}  // namespace

int serve(const server::Config& config) {
  const LogWriter log_writer;
  try {
    server::House house(config);
    std::promise<int> asked;
    auto stop = asked.get_future();
    std::optional<SignalSet> signals(std::in_place, house.executor(), SIGTERM, SIGINT);
    // Without TLS a hangup ends the process, as it does others whose terminal goes.
    if (!config.tls_certificate.empty()) signals->add(SIGHUP);
    await_signals(*signals, house, asked);
    std::printf("brume ready %s\n", house.url().c_str());
    std::fflush(stdout);
    stop.get();
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
