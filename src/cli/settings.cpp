#include "cli/settings.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <utility>

#include "base/text.h"
#include "cli/config_file.h"

namespace brume::cli {
namespace {

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

/// What a running server takes at SIGHUP; the rest needs a restart.
constexpr std::array<std::string_view, 1> kReloadable = {"log-level"};

/// The name of a setting.
std::string name_of(const CLI::Option& option) { return option.get_lnames().front(); }

bool is_list(const CLI::Option& option) { return option.get_items_expected_max() > 1; }

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

}  // namespace

std::string variable_of(std::string_view name) {
  std::string variable = "BRUME_";
  for (const char c : name) variable += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return variable;
}

bool is_reloadable(std::string_view name) {
  return std::find(kReloadable.begin(), kReloadable.end(), name) != kReloadable.end();
}

Settings::Settings(CLI::App& command) : command_(command) {
  add_listening();
  add_store();
  add_access();
  add_functions();
  add_behaviour();
  add_bounds();
  command_.add_option("--config", file_, "TOML file of settings: each option's name without its hyphens is a key");
}

void Settings::add_listening() {
  command_.add_option("--listen", listen_, "Address and port; port 0 takes a free one")->capture_default_str();
  command_.add_option("--host-name", config_.host_names,
                      "Name beside the loopback's that an open server on the loopback answers to; may be repeated");
  command_.add_option("--cors-origin", config_.cors_origins,
                      "Origin whose web pages may call, as https://app.example.com; may be repeated");
  command_.add_option("--tls-cert", config_.tls_certificates,
                      "PEM file: serve TLS with this certificate chain; may be repeated: the name asked for decides");
  command_.add_option("--tls-key", config_.tls_keys, "PEM file: its private key; as often, in the same order");
  command_.add_flag("--insecure", config_.insecure, "Beyond loopback: allow --auth open, and signatures without TLS");
  command_.add_option("--loops", config_.loops, "Event loops; 0: one for each core")->check(CLI::Range(0, 256));
  command_
      .add_option("--body-memory-mb", config_.body_memory_mb,
                  "Memory for long requests and replies; 0: an eighth of the host's, 192 to 512")
      ->capture_default_str()
      ->check(up_to(kMegabytesMax))
      ->check([](const std::string& text) {
        const bool small = text.size() < 6 && std::strtoul(text.c_str(), nullptr, 10) < server::kBodyMemoryMinMb;
        return small && text != "0" ? "must be 0, or at least " + std::to_string(server::kBodyMemoryMinMb)
                                    : std::string();
      });
  command_
      .add_option("--stop-grace-seconds", grace_seconds_, "How long running requests may go on after SIGTERM or SIGINT")
      ->capture_default_str()
      ->check(up_to(kSecondsMax));
  const std::map<std::string, LogLevel> levels{
      {"debug", LogLevel::debug}, {"info", LogLevel::info}, {"warn", LogLevel::warn}, {"error", LogLevel::error}};
  command_.add_option("--log-level", told_.log_level, "debug, info, warn or error")
      ->transform(CLI::CheckedTransformer(levels).description("{debug,info,warn,error}"))
      ->default_str("info");
}

void Settings::add_store() {
  command_.add_option("--data", config_.data_folder, "Folder of all durable state")->capture_default_str();
  const std::map<std::string, store::Durability> durabilities{{"sync", store::Durability::sync},
                                                              {"relaxed", store::Durability::relaxed}};
  command_
      .add_option("--durability", config_.durability, "sync: answer when on disk; relaxed: on disk within a second")
      ->transform(CLI::CheckedTransformer(durabilities).description("{sync,relaxed}"))
      ->default_str("sync");
  command_
      .add_option(
          "--cache-mb", cache_megabytes_,
          "Memory for the store's caches; the server needs up to 300 MiB beside them, more while it fills an index")
      ->capture_default_str()
      ->check(up_to(kMegabytesMax));
  command_
      .add_option("--disk-reserve-mb", reserve_megabytes_,
                  "Free disk space below which writes are refused; 0: a twentieth of the file system, 256 to 4096")
      ->capture_default_str()
      ->check(up_to(kMegabytesMax));
}

void Settings::add_access() {
  const std::map<std::string, front::AuthMode> modes{
      {"open", front::AuthMode::open}, {"sigv4", front::AuthMode::sigv4}, {"iam", front::AuthMode::iam}};
  command_
      .add_option("--auth", config_.auth,
                  "open: any credential; sigv4: signatures verified; iam (policies enforced): not supported yet")
      ->transform(CLI::CheckedTransformer(modes).description("{open,sigv4,iam}"))
      ->default_str("open");
  command_.add_option("--region", config_.region, "Region of calls that name none")->capture_default_str();
  command_.add_option("--account", config_.account, "Account of calls whose key names none")
      ->capture_default_str()
      ->check([](const std::string& text) {
        return text.size() == 12 && text.find_first_not_of("0123456789") == std::string::npos ? ""
                                                                                              : "must be 12 digits";
      });
}

void Settings::add_functions() {
  command_.add_option("--runtimes", config_.runtimes_folder, "Folder of the function runtimes");
  command_.add_flag("--any-runtime-version,!--no-any-runtime-version", any_runtime_version_,
                    "Run functions of newer runtimes by the older interpreter that this host has; "
                    "on with --auth open");
  const std::map<std::string, lambda::FunctionNetwork> networks{{"none", lambda::FunctionNetwork::none},
                                                                {"brume", lambda::FunctionNetwork::brume},
                                                                {"open", lambda::FunctionNetwork::open},
                                                                {"host", lambda::FunctionNetwork::host}};
  command_
      .add_option(
          "--function-network", config_.function_network,
          "Where functions may connect to. none: nowhere; brume: this server alone; open (default): beyond, but "
          "for link-local addresses and the host's loopback; host: they share the host's network, not isolated")
      ->transform(CLI::CheckedTransformer(networks).description("{none,brume,open,host}"))
      ->default_str("open");
  command_.add_flag("--require-isolation", config_.require_isolation,
                    "Refuse to serve where functions cannot be isolated from this host and from each other");
  command_
      .add_option(
          "--function-memory-mb", config_.function_memory_mb,
          "MemorySize of all functions' environments together; 0: what the host or its cgroup has, less a reserve")
      ->capture_default_str()
      ->check(up_to(kMegabytesMax));
  command_
      .add_option("--function-concurrency", config_.function_concurrency, "Invokes at once, all functions together")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  command_
      .add_option("--async-retry-seconds", async_retry_seconds_,
                  "Before an asynchronous invoke that failed is tried again; twice that before the last time")
      ->capture_default_str()
      ->check(CLI::Range(1, 3600));
  command_.add_flag("--integrations-to-loopback", config_.integrations_to_loopback,
                    "Let HTTP integrations call this host's loopback (--auth open does)");
  command_.add_flag("--integrations-to-link-local", config_.integrations_to_link_local,
                    "Let HTTP integrations call link-local addresses, such as a cloud's metadata");
}

void Settings::add_behaviour() {
  command_.add_option("--table-delay", table_delay_,
                      "Milliseconds a table shows CREATING, UPDATING, DELETING; without it 20, which "
                      "are waited out before a table is described");
  command_.add_option(
      "--function-delay", function_delay_,
      "Milliseconds a function shows Pending or InProgress; by default they pass before it is shown at all");
  command_.add_option("--stream-shard-seconds", shard_seconds_, "How long a shard of a DynamoDB stream stays open")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command_.add_option(
      "--ttl-change-interval", ttl_change_seconds_,
      "Seconds before a table's time to live can be changed again; 3600, as on AWS, but 0 with --auth open");
}

void Settings::add_bounds() {
  command_.add_option("--log-mb-per-day", log_megabytes_, "What each log group may take in a day; 0: no bound")
      ->capture_default_str()
      ->check(up_to(kMegabytesMax));
  command_.add_option("--audit-mb-per-day", audit_megabytes_, "Audit records of each account a day; 0: no bound")
      ->capture_default_str()
      ->check(up_to(kMegabytesMax));
  command_
      .add_option("--log-retention-days", config_.log_retention_days,
                  "Of log groups that functions make; 0: for ever, as on AWS")
      ->capture_default_str()
      ->check(CLI::IsMember({0,   1,   3,   5,   7,    14,   30,   60,   90,   120,  150, 180,
                             365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}));
}

std::vector<CLI::Option*> Settings::options() const {
  std::vector<CLI::Option*> all;
  for (CLI::Option* option : command_.get_options())
    if (option != command_.get_help_ptr() && name_of(*option) != "config") all.push_back(option);
  return all;
}

CLI::Option* Settings::find(std::string_view name) const {
  for (CLI::Option* option : options())
    if (name_of(*option) == name) return option;
  return nullptr;
}

Told Settings::resolve(const std::string& file) {
  for (const CLI::Option* option : options())
    if (option->count() > 0) told_.given[name_of(*option)] = {joined(option->results()), "--" + name_of(*option)};
  take_environment();
  told_.file = !file.empty() ? file : file_;
  if (const char* variable = std::getenv(variable_of("config").c_str()); variable && told_.file.empty())
    told_.file = variable;
  if (!told_.file.empty()) take_file(told_.file);
  put_together();
  return told_;
}

void Settings::take_environment() {
  for (CLI::Option* option : options()) {
    const std::string variable = variable_of(name_of(*option));
    const char* value = std::getenv(variable.c_str());
    if (!value || !*value) continue;
    std::vector<std::string> values{value};
    if (is_list(*option)) {
      const auto parts = split(value, ',');
      values.assign(parts.begin(), parts.end());
    }
    take(*option, values, variable);
  }
}

void Settings::take_file(const std::string& path) {
  for (const FileSetting& setting : read_config_file(path)) {
    const std::string source = path + ":" + std::to_string(setting.line);
    CLI::Option* option = find(setting.name);
    if (!option) {
      std::vector<std::string> names;
      for (const CLI::Option* known : options()) names.push_back(name_of(*known));
      const std::string nearest = nearest_name(setting.name, names);
      throw std::runtime_error(source + ": unknown setting " + setting.name +
                               (nearest.empty() ? "" : "; did you mean " + nearest + "?"));
    }
    if (setting.values.size() != 1 && !is_list(*option))
      throw std::runtime_error(source + ": " + setting.name + " takes one value");
    take(*option, setting.values, source);
  }
}

/// Unless something before has named it.
void Settings::take(CLI::Option& option, const std::vector<std::string>& values, const std::string& source) {
  if (option.count() > 0 || values.empty()) return;
  try {
    for (const std::string& value : values) option.add_result(value);
    option.run_callback();
  } catch (const CLI::Error& error) {
    throw std::runtime_error(source + ": " + error.what());
  }
  told_.given[name_of(option)] = {joined(values), source};
}

void Settings::put_together() {
  const auto given = [this](const char* name) { return told_.given.contains(name); };
  parse_listen(listen_, config_);
  if (given("tls-cert") != given("tls-key"))
    throw std::runtime_error(given("tls-cert") ? "--tls-cert requires --tls-key" : "--tls-key requires --tls-cert");
  if (given("any-runtime-version")) config_.any_runtime_version = any_runtime_version_;
  config_.cache_bytes = cache_megabytes_ * 1024 * 1024;
  config_.async_retry_delay = std::chrono::seconds(async_retry_seconds_);
  if (given("table-delay")) config_.table_delay = std::chrono::milliseconds(table_delay_);
  if (given("function-delay")) config_.function_delay = std::chrono::milliseconds(function_delay_);
  config_.stream_shard_duration = std::chrono::seconds(shard_seconds_);
  config_.stop_grace = std::chrono::seconds(grace_seconds_);
  config_.disk_reserve_bytes = reserve_megabytes_ * 1024 * 1024;
  config_.log_bytes_per_day = log_megabytes_ * 1024 * 1024;
  config_.audit_bytes_per_day = audit_megabytes_ * 1024 * 1024;
  if (given("ttl-change-interval")) config_.ttl_change_interval = std::chrono::seconds(ttl_change_seconds_);
}

std::string Settings::reference() const {
  std::string page = "| Key | Environment | Default | Meaning |\n| --- | --- | --- | --- |\n";
  for (const CLI::Option* option : options()) {
    const std::string name = name_of(*option), usual = option->get_default_str();
    page += "| `" + name + "` | `" + variable_of(name) + "` | " + (usual.empty() ? "" : "`" + usual + "`") + " | " +
            option->get_description() + (is_reloadable(name) ? " (taken at SIGHUP)" : "") + " |\n";
  }
  return page;
}

}  // namespace brume::cli
