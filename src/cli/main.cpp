// brume: the only main function of the server.
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "base/log.h"
#include "cli/commands.h"

namespace {

using namespace brume;

/// "127.0.0.1:4566" or "[::1]:4566" into its parts.
void parse_listen(const std::string& text, server::Config& config) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) throw CLI::ValidationError("--listen", "needs ADDRESS:PORT");
  std::string address = text.substr(0, colon);
  if (address.size() > 2 && address.front() == '[' && address.back() == ']')
    address = address.substr(1, address.size() - 2);
  const std::string port = text.substr(colon + 1);
  unsigned value = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), value);
  if (error != std::errc() || end != port.data() + port.size() || value > 65535)
    throw CLI::ValidationError("--listen", "port must be 0 to 65535");
  config.listen_address = std::move(address);
  config.listen_port = static_cast<std::uint16_t>(value);
}

/// What a number of megabytes or seconds may be: more is a slip of the pen, and a negative one would wrap around.
CLI::Validator up_to(std::int64_t most) { return CLI::Range(std::int64_t{0}, most); }
constexpr std::int64_t kMegabytesMax = 16 * 1024 * 1024;  // 16 TiB
constexpr std::int64_t kSecondsMax = 7 * 24 * 3600;

void add_serve(CLI::App& app, server::Config& config, int& status) {
  auto* command = app.add_subcommand("serve", "Serve the AWS APIs");
  command->footer("Example: brume serve --listen 127.0.0.1:4566 --data ./brume-data");
  static std::string listen = "127.0.0.1:4566";
  static std::size_t cache_megabytes = 256;
  static unsigned table_delay = 0;
  static unsigned function_delay = 0;
  static unsigned shard_seconds = 4 * 3600;
  static unsigned grace_seconds = 10;
  static std::uint64_t reserve_megabytes = 0, log_megabytes = 1024, audit_megabytes = 64;
  static unsigned async_retry_seconds = 60;
  static unsigned ttl_change_seconds = 0;
  static LogLevel level = LogLevel::info;
  command->add_option("--listen", listen, "Address and port; port 0 takes a free one")->capture_default_str();
  command->add_option("--data", config.data_folder, "Folder of all durable state")->capture_default_str();
  command->add_option("--region", config.region, "Region of calls that name none")->capture_default_str();
  command->add_option("--account", config.account, "Account of calls whose key names none")
      ->capture_default_str()
      ->check([](const std::string& text) {
        return text.size() == 12 && text.find_first_not_of("0123456789") == std::string::npos ? ""
                                                                                              : "must be 12 digits";
      });
  const std::map<std::string, front::AuthMode> modes{
      {"open", front::AuthMode::open}, {"sigv4", front::AuthMode::sigv4}, {"iam", front::AuthMode::iam}};
  command
      ->add_option("--auth", config.auth,
                   "open: any credential; sigv4: signatures verified; iam (policies enforced): not supported yet")
      ->transform(CLI::CheckedTransformer(modes).description("{open,sigv4,iam}"));
  const std::map<std::string, store::Durability> durabilities{{"sync", store::Durability::sync},
                                                              {"relaxed", store::Durability::relaxed}};
  command->add_option("--durability", config.durability, "sync: answer when on disk; relaxed: on disk within a second")
      ->transform(CLI::CheckedTransformer(durabilities).description("{sync,relaxed}"));
  command->add_flag("--insecure", config.insecure, "Beyond loopback: allow --auth open, and signatures without TLS");
  command->add_option("--cors-origin", config.cors_origins,
                      "Origin whose web pages may call, as https://app.example.com; may be repeated");
  command->add_option("--host-name", config.host_names,
                      "Name beside the loopback's that an open server on the loopback answers to; may be repeated");
  command->add_option("--runtimes", config.runtimes_folder, "Folder of the function runtimes");
  static bool any_runtime_version = false;
  auto* any_version = command->add_flag("--any-runtime-version,!--no-any-runtime-version", any_runtime_version,
                                        "Run functions of newer runtimes by the older interpreter that this host has; "
                                        "on with --auth open");
  command->add_option("--loops", config.loops, "Event loops; 0: one for each core")->check(CLI::Range(0, 256));
  command
      ->add_option(
          "--cache-mb", cache_megabytes,
          "Memory for the store's caches; the server needs up to 300 MiB beside them, more while it fills an index")
      ->capture_default_str()
      ->check(up_to(kMegabytesMax));
  command
      ->add_option("--body-memory-mb", config.body_memory_mb,
                   "Memory for long requests and replies; 0: an eighth of the host's, 192 to 512")
      ->capture_default_str()
      ->check(up_to(kMegabytesMax))
      ->check([](const std::string& text) {
        const bool small = text.size() < 6 && std::strtoul(text.c_str(), nullptr, 10) < server::kBodyMemoryMinMb;
        return small && text != "0" ? "must be 0, or at least " + std::to_string(server::kBodyMemoryMinMb)
                                    : std::string();
      });
  command
      ->add_option(
          "--function-memory-mb", config.function_memory_mb,
          "MemorySize of all functions' environments together; 0: what the host or its cgroup has, less a reserve")
      ->capture_default_str()
      ->check(up_to(kMegabytesMax));
  command->add_option("--function-concurrency", config.function_concurrency, "Invokes at once, all functions together")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  const std::map<std::string, lambda::FunctionNetwork> networks{{"none", lambda::FunctionNetwork::none},
                                                                {"brume", lambda::FunctionNetwork::brume},
                                                                {"open", lambda::FunctionNetwork::open},
                                                                {"host", lambda::FunctionNetwork::host}};
  command
      ->add_option(
          "--function-network", config.function_network,
          "Where functions may connect to. none: nowhere; brume: this server alone; open (default): beyond, but "
          "for link-local addresses and the host's loopback; host: they share the host's network, not isolated")
      ->transform(CLI::CheckedTransformer(networks).description("{none,brume,open,host}"));
  command->add_flag("--require-isolation", config.require_isolation,
                    "Refuse to serve where functions cannot be isolated from this host and from each other");
  command
      ->add_option("--async-retry-seconds", async_retry_seconds,
                   "Before an asynchronous invoke that failed is tried again; twice that before the last time")
      ->capture_default_str()
      ->check(CLI::Range(1, 3600));
  auto* delay = command->add_option("--table-delay", table_delay,
                                    "Milliseconds a table shows CREATING, UPDATING, DELETING; without it 20, which "
                                    "are waited out before a table is described");
  auto* function_wait = command->add_option(
      "--function-delay", function_delay,
      "Milliseconds a function shows Pending or InProgress; by default they pass before it is shown at all");
  command->add_option("--stream-shard-seconds", shard_seconds, "How long a shard of a DynamoDB stream stays open")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  auto* ttl_change = command->add_option(
      "--ttl-change-interval", ttl_change_seconds,
      "Seconds before a table's time to live can be changed again; 3600, as on AWS, but 0 with --auth open");
  command->add_flag("--integrations-to-loopback", config.integrations_to_loopback,
                    "Let HTTP integrations call this host's loopback (--auth open does)");
  command->add_flag("--integrations-to-link-local", config.integrations_to_link_local,
                    "Let HTTP integrations call link-local addresses, such as a cloud's metadata");
  command
      ->add_option("--disk-reserve-mb", reserve_megabytes,
                   "Free disk space below which writes are refused; 0: a twentieth of the file system, 256 to 4096")
      ->capture_default_str()
      ->check(up_to(kMegabytesMax));
  command->add_option("--log-mb-per-day", log_megabytes, "What each log group may take in a day; 0: no bound")
      ->capture_default_str()
      ->check(up_to(kMegabytesMax));
  command->add_option("--audit-mb-per-day", audit_megabytes, "Audit records of each account a day; 0: no bound")
      ->capture_default_str()
      ->check(up_to(kMegabytesMax));
  command
      ->add_option("--log-retention-days", config.log_retention_days,
                   "Of log groups that functions make; 0: for ever, as on AWS")
      ->capture_default_str()
      ->check(CLI::IsMember({0,   1,   3,   5,   7,    14,   30,   60,   90,   120,  150, 180,
                             365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}));
  command
      ->add_option("--stop-grace-seconds", grace_seconds, "How long running requests may go on after SIGTERM or SIGINT")
      ->capture_default_str()
      ->check(up_to(kSecondsMax));
  auto* certificate =
      command->add_option("--tls-cert", config.tls_certificate, "PEM file: serve TLS with this certificate chain");
  auto* key = command->add_option("--tls-key", config.tls_key, "PEM file: its private key");
  certificate->needs(key);
  key->needs(certificate);
  const std::map<std::string, LogLevel> levels{
      {"debug", LogLevel::debug}, {"info", LogLevel::info}, {"warn", LogLevel::warn}, {"error", LogLevel::error}};
  command->add_option("--log-level", level, "debug, info, warn or error")
      ->transform(CLI::CheckedTransformer(levels).description("{debug,info,warn,error}"));
  command->callback([&config, &status, any_version, delay, ttl_change, function_wait] {
    parse_listen(listen, config);
    if (any_version->count() > 0) config.any_runtime_version = any_runtime_version;
    set_log_level(level);
    config.version = BRUME_VERSION;
    config.cache_bytes = cache_megabytes * 1024 * 1024;
    config.async_retry_delay = std::chrono::seconds(async_retry_seconds);
    if (delay->count() > 0) config.table_delay = std::chrono::milliseconds(table_delay);
    if (function_wait->count() > 0) config.function_delay = std::chrono::milliseconds(function_delay);
    config.stream_shard_duration = std::chrono::seconds(shard_seconds);
    config.stop_grace = std::chrono::seconds(grace_seconds);
    config.disk_reserve_bytes = reserve_megabytes * 1024 * 1024;
    config.log_bytes_per_day = log_megabytes * 1024 * 1024;
    config.audit_bytes_per_day = audit_megabytes * 1024 * 1024;
    if (ttl_change->count() > 0) config.ttl_change_interval = std::chrono::seconds(ttl_change_seconds);
    status = cli::serve(config);
  });
}

void add_logs(CLI::App& app, cli::LogsOptions& options, int& status) {
  auto* command = app.add_subcommand("logs", "Print a function's log lines");
  command->footer("Example: brume logs my-function --follow");
  static int since = 60;
  command->add_option("function", options.function, "Function name")->required();
  command->add_flag("--follow,-f", options.follow, "Go on with new lines until interrupted");
  command->add_option("--endpoint", options.endpoint, "The server")->envname("AWS_ENDPOINT_URL")->capture_default_str();
  command->add_option("--region", options.region, "The function's region")
      ->envname("AWS_DEFAULT_REGION")
      ->capture_default_str();
  command->add_option("--since", since, "Minutes to look back")->capture_default_str()->check(CLI::PositiveNumber);
  command->callback([&options, &status] {
    options.since = std::chrono::minutes(since);
    status = cli::logs(options);
  });
}

void add_keys(CLI::App& app, int& status) {
  auto* keys = app.add_subcommand("keys", "Access keys")->require_subcommand(1);
  auto* create = keys->add_subcommand("create", "Create an access key and show it once");
  create->footer("Example: brume keys create --data ./brume-data");
  static std::string data = "brume-data", account = "000000000000", user = "admin";
  create->add_option("--data", data, "The server's data folder")->capture_default_str();
  create->add_option("--account", account, "Account")->capture_default_str();
  create->add_option("--user", user, "IAM user it belongs to, created if absent")->capture_default_str();
  create->callback([&status] { status = cli::keys_create(data, account, user); });
}

void add_store(CLI::App& app, int& status) {
  auto* store = app.add_subcommand("store", "The data folder")->require_subcommand(1);
  auto* check = store->add_subcommand("check", "Verify a stopped store");
  check->footer("Example: brume store check ./brume-data");
  static std::string data;
  check->add_option("folder", data, "The data folder")->required();
  check->callback([&status] { status = cli::store_check(data); });
}

}  // namespace

int main(int argc, char** argv) {
  ::umask(077);  // what any command makes, files, folders and sockets, is its owner's alone
  CLI::App app{"Brume: your own API Gateway, Lambda and DynamoDB", "brume"};
  app.set_version_flag("--version", "brume " BRUME_VERSION);
  app.require_subcommand(1);
  server::Config config;
  cli::LogsOptions logs;
  int status = 0;
  add_serve(app, config, status);
  add_logs(app, logs, status);
  add_keys(app, status);
  add_store(app, status);
  app.add_subcommand("compatibility", "Print which AWS operations are supported")->callback([&status] {
    status = cli::compatibility();
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "brume: %s\n", error.what());
    return 1;
  }
  return status;
}
