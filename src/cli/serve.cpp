#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <future>

#include "base/log.h"
#include "cli/commands.h"
#include "server/house.h"

namespace brume::cli {

int serve(const server::Config& config) {
  const LogWriter log_writer;
  try {
    server::House house(config);
    std::promise<int> asked;
    auto stop = asked.get_future();
    asio::basic_signal_set<LoopExecutor> signals(house.executor(), SIGTERM, SIGINT);
    signals.async_wait([&asked](boost::system::error_code error, int signal) {
      if (!error) asked.set_value(signal);
    });
    std::printf("brume ready %s\n", house.url().c_str());
    std::fflush(stdout);
    stop.get();
    std::signal(SIGINT, SIG_DFL);  // a second Ctrl-C does not wait
    log_info("stopping");
    house.stop();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "brume: %s\n", error.what());
    return 1;
  }
}

}  // namespace brume::cli
