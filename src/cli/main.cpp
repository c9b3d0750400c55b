// brume: the only main function of the server.
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <functional>
#include <optional>
#include <string>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/settings.h"

namespace {

using namespace brume;

/// The commands and what they take. Parsing chooses the action.
class CommandLine {
 public:
  CommandLine() : settings_(add_serve()) {
    app_.set_version_flag("--version", "brume " BRUME_VERSION);
    app_.require_subcommand(1);
    add_config();
    add_clock();
    add_logs();
    add_keys();
    add_store();
    app_.add_subcommand("compatibility", "Print which AWS operations are supported")->callback([this] {
      action_ = [] { return cli::compatibility(); };
    });
  }

  /// Errors: CLI::ParseError.
  void parse(int argc, char** argv) { app_.parse(argc, argv); }
  int fail(const CLI::ParseError& error) const { return app_.exit(error); }
  int run() { return action_(); }
  /// Of `serve`.
  cli::Told told() {
    cli::Told told = settings_.resolve();
    told.config.version = BRUME_VERSION;
    return told;
  }

  /// How a running server reads its settings again.
  std::function<cli::Told()> again;

 private:
  CLI::App& add_serve();
  void add_config();
  void add_clock();
  void add_logs();
  void add_keys();
  void add_store();

  CLI::App app_{"Brume: your own API Gateway, Lambda and DynamoDB", "brume"};
  std::function<int()> action_;
  std::string file_;
  cli::Settings settings_;
  cli::LogsOptions logs_;
  std::string endpoint_ = logs_.endpoint, duration_;
  int since_minutes_ = 60;
  std::string data_ = "brume-data", account_ = "000000000000", user_ = "admin", folder_;
};

CLI::App& CommandLine::add_serve() {
  auto* command = app_.add_subcommand("serve", "Serve the AWS APIs");
  command->footer(
      "Each option NAME is also an environment variable (--cache-mb: BRUME_CACHE_MB) and a key of the file that\n"
      "--config names (cache-mb = 512); the command line counts first, then the environment, then the file.\n"
      "Example: brume serve --listen 127.0.0.1:4566 --data ./brume-data");
  command->callback([this] { action_ = [this] { return cli::serve(told(), again); }; });
  return *command;
}

void CommandLine::add_config() {
  auto* config = app_.add_subcommand("config", "Settings of `brume serve`")->require_subcommand(1);
  auto* check = config->add_subcommand("check", "Check a configuration file and show what would count");
  check->footer("Example: brume config check /etc/brume.toml");
  check->add_option("file", file_, "The file")->required();
  check->callback([this] { action_ = [this] { return cli::config_check(settings_.resolve(file_)); }; });
  config->add_subcommand("reference", "Print the table of docs/SETTINGS.md")->callback([this] {
    action_ = [this] {
      std::fputs(settings_.reference().c_str(), stdout);
      return 0;
    };
  });
}

void CommandLine::add_clock() {
  auto* clock = app_.add_subcommand("clock", "The clock of an open server, for tests")->require_subcommand(1);
  clock->add_option("--endpoint", endpoint_, "The server")->envname("AWS_ENDPOINT_URL")->capture_default_str();
  auto* advance = clock->add_subcommand("advance", "Set it forward: what expires meanwhile expires now");
  advance->footer("Example: brume clock advance 2h");
  advance->fallthrough();
  advance->add_option("duration", duration_, "As 500ms, 90s, 5m, 2h or 7d")->required();
  auto* show = clock->add_subcommand("show", "Tell what it shows");
  show->fallthrough();
  advance->callback([this] { action_ = [this] { return cli::clock(endpoint_, duration_); }; });
  show->callback([this] { action_ = [this] { return cli::clock(endpoint_, std::nullopt); }; });
}

void CommandLine::add_logs() {
  auto* command = app_.add_subcommand("logs", "Print a function's log lines");
  command->footer("Example: brume logs my-function --follow");
  command->add_option("function", logs_.function, "Function name")->required();
  command->add_flag("--follow,-f", logs_.follow, "Go on with new lines until interrupted");
  command->add_option("--endpoint", logs_.endpoint, "The server")->envname("AWS_ENDPOINT_URL")->capture_default_str();
  command->add_option("--region", logs_.region, "The function's region")
      ->envname("AWS_DEFAULT_REGION")
      ->capture_default_str();
  command->add_option("--since", since_minutes_, "Minutes to look back")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->callback([this] {
    logs_.since = std::chrono::minutes(since_minutes_);
    action_ = [this] { return cli::logs(logs_); };
  });
}

void CommandLine::add_keys() {
  auto* keys = app_.add_subcommand("keys", "Access keys")->require_subcommand(1);
  auto* create = keys->add_subcommand("create", "Create an access key and show it once");
  create->footer("Example: brume keys create --data ./brume-data");
  create->add_option("--data", data_, "The server's data folder")->capture_default_str();
  create->add_option("--account", account_, "Account")->capture_default_str();
  create->add_option("--user", user_, "IAM user it belongs to, created if absent")->capture_default_str();
  create->callback([this] { action_ = [this] { return cli::keys_create(data_, account_, user_); }; });
}

void CommandLine::add_store() {
  auto* store = app_.add_subcommand("store", "The data folder")->require_subcommand(1);
  auto* check = store->add_subcommand("check", "Verify a stopped store");
  check->footer("Example: brume store check ./brume-data");
  check->add_option("folder", folder_, "The data folder")->required();
  check->callback([this] { action_ = [this] { return cli::store_check(folder_); }; });
}

}  // namespace

int main(int argc, char** argv) {
  ::umask(077);  // what any command makes, files, folders and sockets, is its owner's alone
  CommandLine line;
  line.again = [argc, argv] {
    CommandLine again;
    again.parse(argc, argv);
    return again.told();
  };
  try {
    line.parse(argc, argv);
    return line.run();
  } catch (const CLI::ParseError& error) {
    return line.fail(error);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "brume: %s\n", error.what());
    return 1;
  }
}
