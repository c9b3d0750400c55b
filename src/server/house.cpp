#include "server/house.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cstring>
#include <filesystem>
#include <future>

#include "base/error.h"
#include "base/log.h"
#include "front/json_codec.h"
#include "lambda/environment/host_memory.h"
#include "net/message/body_budget.h"
#include "server/function_metrics.h"
#include "server/host_rule.h"
#include "server/landing_page.h"
#include "server/loopback.h"
#include "server/owner.h"
#include "store/rocksdb/open.h"

namespace brume::server {
namespace {

constexpr std::size_t kReadThreads = 8;
constexpr std::size_t kComputeThreads = 2;
constexpr std::size_t kSlowThreads = 8;
constexpr std::size_t kComputeQueueMax = 1024;  // each holds a long body
constexpr std::size_t kSlowQueueMax = 2048;
constexpr std::chrono::seconds kCertificateInterval{2};
/// The engine's folder is locked: whoever opened it is alone.
constexpr std::string_view kOnlyNode = "local";
constexpr std::uint64_t kMegabyte = 1024 * 1024;
constexpr std::uint64_t kBodyMemoryDefault = 512 * kMegabyte;
constexpr std::uint64_t kBodyMemoryMin = kBodyMemoryMinMb * kMegabyte;
constexpr std::chrono::milliseconds kDiskInterval{200};

std::size_t loop_count(const Config& config) {
  return config.loops ? config.loops : std::max(1u, std::thread::hardware_concurrency());
}

/// Secrets lie in the data folder: nobody but its owner gets in. Functions need no way through it: their folders are
/// bound into sandboxes before those give up their rights.
void close_to_others(const std::string& folder) {
  struct stat now {};
  if (::stat(folder.c_str(), &now) == 0 && (now.st_mode & 0077) == 0) return;
  if (::chmod(folder.c_str(), 0700) != 0)
    throw std::runtime_error(folder + " is open to other users and cannot be closed to them: " + std::strerror(errno));
}

Config checked(Config config) {
  require_sound(config);
  return config;
}

/// Hot records spare the search for them, blocks the disk and the processor. A small cache is best spent on the indexes
/// and filters, which are blocks; of a large one the records get two thirds: a point read finds more there than in blocks,
/// and with fewer looks at cold memory.
std::size_t record_cache_bytes(std::size_t cache_bytes) {
  constexpr std::size_t kSmall = 256 * 1024 * 1024;
  return std::min(cache_bytes, kSmall) / 4 + (cache_bytes > kSmall ? (cache_bytes - kSmall) / 3 * 2 : 0);
}

/// Before there is a data folder its parent tells as well.
std::optional<store::Room> room_for(const std::string& folder) {
  if (auto room = store::room_of(folder)) return room;
  const auto parent = std::filesystem::absolute(folder).parent_path();
  return store::room_of(parent.string());
}

observe::Options observe_options(const Config& config, Loops& loops, const store::DiskSpace& space) {
  observe::Options options{.space = &space,
                           .log_bytes_per_day = config.log_bytes_per_day,
                           .audit_bytes_per_day = config.audit_bytes_per_day};
  if (config.log_retention_days > 0) options.log_retention_days = config.log_retention_days;
  for (std::size_t i = 0; i < loops.size(); ++i) options.loops.push_back(loops.executor(i));
  options.node = kOnlyNode;
  return options;
}

std::unique_ptr<store::Store> open_store(const Config& config, BlockingPool& pool, store::DiskSpace& space) {
  store::RocksDbOptions options;
  options.durability = config.durability;
  options.space = &space;
  options.record_cache_bytes = record_cache_bytes(config.cache_bytes);
  options.block_cache_bytes = config.cache_bytes - options.record_cache_bytes;
  std::unique_ptr<store::Store> opened = store::open_rocksdb(config.data_folder, pool, options);
  close_to_others(config.data_folder);  // not before it proved to be Brume's
  return opened;
}

dynamodb::Options dynamodb_options(const Config& config) {
  dynamodb::Options options;
  options.status_delay = config.table_delay.value_or(std::chrono::milliseconds(20));
  if (!config.table_delay) options.settle_wait = std::chrono::seconds(1);
  options.stream_shard_duration = config.stream_shard_duration;
  const bool open = config.auth == front::AuthMode::open;
  options.ttl_change_interval = config.ttl_change_interval.value_or(std::chrono::seconds(open ? 0 : 3600));
  return options;
}

net::ClientOptions client_options(const Config& config) {
  net::ClientOptions options;
  options.egress.loopback = config.integrations_to_loopback || config.auth == front::AuthMode::open;
  options.egress.link_local = config.integrations_to_link_local;
  return options;
}

void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) log_warn("file_limit", {{"error", std::string(std::strerror(errno))}});
}

Task<> deliver(Task<> task, std::promise<void>& promise) {
  std::exception_ptr error;
  try {
    co_await std::move(task);
  } catch (...) {
    error = std::current_exception();
  }
  if (error) promise.set_exception(error);
  else promise.set_value();
}

/// Runs `task` on a loop while this thread waits.
void run_and_wait(LoopExecutor loop, Task<> task) {
  std::promise<void> promise;
  auto done = promise.get_future();
  spawn(loop, deliver(std::move(task), promise));
  done.get();
}

net::Response foreign_host() {
  net::Response response;
  response.status = 403;
  response.headers.emplace_back("Content-Type", "text/plain");
  response.body = "This server does not answer to that host name; --host-name NAME allows it.\n";
  return response;
}

net::Response not_the_owner(const service::Caller& caller) {
  net::Response response;
  response.status = 403;
  response.headers.emplace_back("Content-Type", "application/json");
  response.headers.emplace_back("x-amzn-ErrorType", "AccessDeniedException");
  response.body = boost::json::serialize(boost::json::object{
      {"__type", "com.amazon.coral.service#AccessDeniedException"},
      {"message", caller.arn + " is not the owner of this server: that are users of its own account, as brume keys "
                               "create makes them"}});
  return response;
}

/// A share of a small host, as much as is ever needed of a large one; always room for two of the longest bodies.
std::size_t body_memory_bytes(const Config& config) {
  if (config.body_memory_mb > 0) return config.body_memory_mb * kMegabyte;
  return std::clamp(lambda::host_memory_bytes() / 8, kBodyMemoryMin, kBodyMemoryDefault);
}

/// The reserve: the store's caches, what the server needs beside them, and a quarter of a small host for the rest of it.
std::uint64_t function_memory_mb(const Config& config) {
  if (config.function_memory_mb > 0) return config.function_memory_mb;
  constexpr std::uint64_t kBeside = 512;
  const std::uint64_t host = lambda::host_memory_bytes() / kMegabyte;
  const std::uint64_t reserve = config.cache_bytes / kMegabyte + kBeside;
  return std::max(host / 4, host > reserve ? host - reserve : 0);
}

/// Where a listener at `address` can be called from this host.
std::string reached_at(const std::string& address) {
  if (address == "0.0.0.0") return "127.0.0.1";
  return address == "::" ? "::1" : address;
}

std::string host_in_url(const std::string& address) {
  return address.find(':') == address.npos ? address : "[" + address + "]";
}

}  // namespace

std::string admin_socket(const std::string& data_folder) { return data_folder + "/admin.sock"; }

House::House(Config config)
    : config_(checked(std::move(config))),
      loops_(loop_count(config_)),
      reads_(kReadThreads, BlockingPool::kQueueMax, "read"),
      compute_(kComputeThreads, kComputeQueueMax, "compute"),
      slow_(kSlowThreads, kSlowQueueMax, "slow"),
      space_([folder = config_.data_folder] { return room_for(folder); }, config_.disk_reserve_bytes),
      store_(open_store(config_, reads_, space_)),
      clock_control_(*store_, clock_),
      disk_watch_(space_, *store_, kDiskInterval),
      nodes_(*store_, machine_clock_, random_, {.id = std::string(kOnlyNode), .address = {}, .alone = true}),
      leases_(*store_, nodes_),
      health_(*store_, space_),
      observe_(*store_, loops_.executor(0), clock_, random_, leases_, observe_options(config_, loops_, space_)),
      iam_(*store_, clock_, random_, iam::Options{config_.account, config_.auth == front::AuthMode::open}),
      dynamodb_(*store_, reads_, clock_, random_, leases_, dynamodb_options(config_)),
      credentials_(iam_),
      roles_(iam_),
      api_roles_(iam_),
      service_metrics_(observe_.series().recorder()),
      recorder_(observe_, service_metrics_, clock_),
      api_counter_(observe_, service_metrics_),
      invoke_counter_(service_metrics_),
      function_logs_(observe_),
      dispatcher_(clock_, random_, recorder_, front::json_text()),
      invoker_(dispatcher_),
      client_(client_options(config_)),
      gateway_(*store_, compute_, invoker_, api_roles_, client_, clock_, random_,
               gateway::Options{.recorder = &api_counter_}),
      front_(front::Options{config_.auth, config_.region, config_.account, &compute_, config_.cors_origins}, clock_,
             credentials_, dispatcher_, recorder_),
      admin_(observe_, slow_, health_, clock_, config_.auth == front::AuthMode::open ? &clock_control_ : nullptr),
      http_(
          loops_, [this](const net::Request& request) { return route(request); }, limits(),
          [this](int status, const net::Request* head) { return refusal(status, head); }),
      admin_http_(
          loops_, [this](const net::Request& request) { return route_admin(request); },
          net::ServerLimits{.body_bytes_max = net::kUncountedBytes}) {
  raise_file_limit();
  show_threads();
  space_.set_promised([store = store_.get()] { return store->state().unwritten_bytes; });
  show_state();
  loops_.start();
  try {
    listen();
    open_services();
    listen_admin();
  } catch (const Unavailable&) {
    stop();
    if (space_.level() < store::SpaceLevel::critical) throw;
    throw std::runtime_error(
        "the disk of " + config_.data_folder + " has " + std::to_string(space_.free_bytes() / kMegabyte) +
        " MB left, too little to start with: make room, or give a smaller --disk-reserve-mb (now " +
        std::to_string(space_.reserve() / kMegabyte) + ")");
  } catch (...) {
    stop();
    throw;
  }
  health_.set(Health::Phase::serving);
}

House::~House() { stop(); }

void House::show_threads() {
  observe::Metrics& metrics = observe_.metrics();
  for (const auto& [name, pool] : {std::pair{"read", &reads_}, {"compute", &compute_}, {"slow", &slow_}})
    metrics.add_gauge(std::string("brume_pool_") + name + "_waiting", "Pieces of work that wait for a thread.",
                      [pool = pool] { return static_cast<double>(pool->waiting()); });
  const auto add_bodies = [&](std::string name, std::string help, std::size_t net::BodyCounts::*count) {
    metrics.add_gauge("brume_bodies_" + name, std::move(help),
                      [this, count] { return static_cast<double>(http_.body_counts().*count); });
  };
  add_bodies("request_bytes", "Long requests in memory; at most half of --body-memory-mb.",
             &net::BodyCounts::request_bytes);
  add_bodies("reply_bytes", "Long replies that wait for their readers.", &net::BodyCounts::reply_bytes);
  add_bodies("waiting", "Requests that wait for memory.", &net::BodyCounts::waiting);
  add_bodies("refused", "Requests answered 503 for want of memory, since the start.", &net::BodyCounts::refused);
  add_bodies("slow_senders", "Requests answered 408 because they came too slowly.", &net::BodyCounts::slow_senders);
  add_bodies("slow_readers", "Connections closed because they took replies too slowly.",
             &net::BodyCounts::slow_readers);
  add_bodies("cut_off", "Readers closed because replies exceeded half of --body-memory-mb.", &net::BodyCounts::cut_off);
  metrics.add_gauge("brume_log_lines_dropped", "Log lines lost because the log stream took nothing.",
                    [] { return static_cast<double>(log_lines_dropped()); });
  metrics.add_gauge("brume_loop_stall_max_seconds", "Longest stretch in which an event loop took no turn, since start.",
                    [this] {
                      std::chrono::nanoseconds longest{0};
                      for (std::size_t i = 0; i < loops_.size(); ++i)
                        longest = std::max(longest, loops_.stalls(i).longest);
                      return std::chrono::duration<double>(longest).count();
                    });
  metrics.add_histograms("brume_loop_stall_seconds", "How late an event loop was each time its heart was to beat.",
                         "loop", [this] {
                           observe::Metrics::Histograms loops;
                           for (std::size_t i = 0; i < loops_.size(); ++i)
                             loops.emplace_back(std::to_string(i), loops_.stalls(i).histogram);
                           return loops;
                         });
}

net::ServerLimits House::limits() {
  net::ServerLimits limits;
  limits.body_bytes_max = 80 * kMegabyte;  // the longest call is CreateFunction with 50 MB of zip in base64
  limits.body_memory_max = body_memory_bytes(config_);
  limits.plan_body = [this](const net::Request& head) { return net::BodyPlan{body_bytes_max(head)}; };
  return limits;
}

/// Before the services are there nothing is known of them, and nothing is answered.
std::size_t House::body_bytes_max(const net::Request& head) const {
  if (health_.phase() == Health::Phase::starting) return net::kUncountedBytes;
  if (gateway::address_of(head)) return gateway::Options().request_bytes_max;
  if (head.path.starts_with(kAdminPrefix)) return net::kUncountedBytes;
  return front_.body_bytes_max(head);
}

net::Response House::refusal(int status, const net::Request* head) const {
  if (!head || health_.phase() == Health::Phase::starting) return front_.refusal(status, nullptr);
  if (gateway::address_of(*head)) return gateway::refusal(status);
  return front_.refusal(status, head);
}

void House::show_state() {
  const auto add = [this](std::string name, std::string help, std::function<double()> read) {
    observe_.metrics().add_gauge(std::move(name), std::move(help), std::move(read));
  };
  add("brume_disk_free_bytes", "Room for the data folder, less what the store has yet to write.",
      [this] { return static_cast<double>(space_.free_bytes()); });
  add("brume_disk_reserve_bytes", "Below this much room writes are refused.",
      [this] { return static_cast<double>(space_.reserve()); });
  add("brume_disk_level", "0 ample, 1 low: logs are dropped, 2 critical: writes are refused, 3 exhausted: all are.",
      [this] { return static_cast<double>(space_.level()); });
  add("brume_disk_refused_writes", "Commits refused for want of disk space since the start.",
      [this] { return static_cast<double>(space_.refused()); });
  add("brume_store_writable", "0 after a failed write.",
      [this] { return store_->state().failure.empty() ? 1.0 : 0.0; });
  add("brume_ready", "Whether /_brume/health/ready answers 200.",
      [this] { return health_.reasons().empty() ? 1.0 : 0.0; });
  add("brume_http_connections", "Open connections.", [this] { return static_cast<double>(http_.connection_count()); });
  add("brume_http_handlers", "Requests being answered.", [this] { return static_cast<double>(http_.handler_count()); });
}

void House::listen() {
  if (!config_.tls_certificates.empty()) {
    net::TlsServerOptions options;
    for (std::size_t i = 0; i < config_.tls_certificates.size(); ++i)
      options.certificates.push_back({config_.tls_certificates[i], config_.tls_keys[i]});
    tls_ = net::TlsContext::server(std::move(options));
    certificates_.emplace(tls_, kCertificateInterval);
    observe_.metrics().add_gauge("brume_tls_certificate_expires",
                                 "When the first certificate in use ends, in seconds since 1970.",
                                 [this] { return unix_seconds(tls_->expires()); });
    observe_.metrics().add_gauge("brume_tls_certificate_refused", "1 while the files hold a pair that cannot be used.",
                                 [this] { return certificates_->failed() ? 1.0 : 0.0; });
  }
  port_ = http_.listen(config_.listen_address, config_.listen_port, tls_);
  on_loopback_ = is_loopback(config_.listen_address);
  url_ = (tls_ ? "https://" : "http://") + host_in_url(reached_at(config_.listen_address)) + ":" +
         std::to_string(port_);
}

void House::open_services() {
  lambda::Options options;
  options.code_folder = config_.data_folder + "/functions";
  options.runtimes_folder = config_.runtimes_folder;
  options.any_runtime_version = config_.any_runtime_version.value_or(config_.auth == front::AuthMode::open);
  options.endpoint_url = url_;
  options.network.mode = config_.function_network;
  options.network.endpoint_address = reached_at(config_.listen_address);
  if (options.network.endpoint_address == "localhost") options.network.endpoint_address = "127.0.0.1";
  options.network.endpoint_port = port_;
  options.network.host_loopback = config_.auth == front::AuthMode::open;
  options.require_isolation = config_.require_isolation;
  options.adopt_endpoint = [this](UniqueFd listener) { return http_.adopt(std::move(listener), tls_); };
  options.memory_max_mb = function_memory_mb(config_);
  options.concurrency_max = config_.function_concurrency;
  options.async_retry_delay = config_.async_retry_delay;
  options.change_delay = config_.function_delay;
  options.recorder = &invoke_counter_;
  lambda_ = std::make_unique<lambda::Lambda>(*store_, slow_, loops_, clock_, random_, function_logs_, roles_, options);
  run_and_wait(loops_.executor(0), open_all());
  show_functions(observe_.metrics(), *lambda_);
  admin_.set(lambda_.get());
  health_.set(lambda_.get());
  add(dynamodb_.service());
  add(dynamodb_.streams_service());
  add(lambda_->service());
  add(gateway_.service());
  add(iam_.iam_service());
  add(iam_.sts_service());
  add(observe_.logs_service());
}

void House::add(service::Service service) {
  const service::ServiceModel& model = *service.model;
  dispatcher_.add(std::move(service));
  front_.add(model);
}

Task<> House::open_all() {
  clock_control_.on_move([this] { observe_.look_again(); });  // the others look every second anyway
  co_await clock_control_.open();
  if (clock_control_.ahead().count() > 0) log_warn("clock_ahead", {{"ms", clock_control_.ahead().count()}});
  co_await nodes_.open();
  co_await observe_.open();
  co_await iam_.open();
  co_await dynamodb_.open();
  co_await lambda_->open();
  co_await gateway_.open();
  opened_ = true;
}

void House::reload_certificates() {
  if (certificates_) certificates_->reload();
}

void House::listen_admin() {
  const std::string path = admin_socket(config_.data_folder);
  try {
    admin_http_.listen_unix(path);
    if (::chmod(path.c_str(), 0600) != 0) throw std::system_error(errno, std::generic_category(), path);
  } catch (const std::system_error& error) {
    // A path too long for a socket, or a file system without them: `brume keys` then needs a stopped server.
    log_warn("admin_socket", {{"error", error.what()}});
  }
}

/// Elsewhere than on the loopback a signature is asked for, or it was said that it is insecure.
bool House::answers_to(const net::Request& request) const {
  if (config_.auth != front::AuthMode::open || !on_loopback_) return true;
  const std::string_view host = request.header_or_empty("host");
  // What nearly every client sends is known without a closer look: this stands before each request.
  return std::string_view(url_).substr(url_.find("//") + 2) == host || is_own_host(host, config_.host_names);
}

Task<net::Response> House::route(const net::Request& request) {
  if (health_.phase() == Health::Phase::starting) {
    if (Admin::is_health(request.path)) co_return admin_.health(request.path);
    co_return front_.refusal(503, nullptr);
  }
  if (!answers_to(request)) co_return foreign_host();
  if (auto address = gateway::address_of(request)) {
    gateway::ApiRequest call{std::move(*address), &request, {}};
    co_return co_await gateway_.serve(std::move(call));
  }
  // Behind the APIs: their hosts have no paths of Brume's own.
  if (request.path == kCompatibilityPath || wants_landing_page(request)) co_return page(request);
  if (request.path.starts_with(kAdminPrefix)) co_return co_await route_own(request);
  co_return co_await front_.handle(request);
}

/// The pages for people, which tell nothing that is not everybody's.
net::Response House::page(const net::Request& request) {
  if (auto refused = front_.refuse_origin(request)) return std::move(*refused);
  if (request.path != kCompatibilityPath) return landing_page(config_.version);
  net::Response response;
  response.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  response.body = front_.compatibility_page();
  return response;
}

/// Brume's own paths are the owner's, but for those that everybody may ask for.
Task<net::Response> House::route_own(const net::Request& request) {
  if (auto refused = front_.refuse_origin(request)) co_return std::move(*refused);
  if (!Admin::is_public(request.path)) {
    auto who = co_await front_.identify(request, std::string(kOwnSigningName));
    if (auto* refused = std::get_if<net::Response>(&who)) co_return std::move(*refused);
    const service::Caller& caller = std::get<service::Caller>(who);
    if (!is_owner(caller, config_.account)) co_return not_the_owner(caller);
  }
  co_return co_await admin_.handle(request);
}

/// Who can open the socket owns the data folder, so no signature is asked for.
Task<net::Response> House::route_admin(const net::Request& request) {
  if (request.path.starts_with(kAdminPrefix)) co_return co_await admin_.handle(request);
  net::Response response;
  if (request.method != "POST" || request.path != "/keys") {
    response.status = 404;
    co_return response;
  }
  std::string account, user;
  for (auto& [name, value] : net::parse_query(request.query)) (name == "account" ? account : user) = value;
  iam::StoredCredential made;
  try {
    KeyWish wish{account, user, config_.region};
    made = co_await create_key(iam_, observe_.audit(), clock_, std::move(wish));
  } catch (const AwsError& error) {
    response.status = error.kind().status;
    response.body = error.message();
    co_return response;
  }
  response.body = boost::json::serialize(boost::json::object{
      {"AccessKeyId", made.access_key_id}, {"SecretAccessKey", made.secret_access_key}, {"Arn", made.arn}});
  co_return response;
}

Task<> House::close_all() {
  co_await http_.drain(config_.stop_grace);
  co_await admin_http_.drain(std::chrono::seconds(1));
  client_.stop();
  co_await attempt_to("functions", lambda_->close());  // ends the invokes that handlers wait for
  co_await http_.handlers_ended();
  co_await admin_http_.handlers_ended();
  co_await attempt_to("functions", lambda_->close());  // the last handlers may have left it work
  co_await attempt_to("dynamodb", dynamodb_.close());
  co_await attempt_to("observe", observe_.close());
  co_await attempt_to("node", nodes_.close());
}

/// What fails, because a disk is full, say, leaves the next step due all the same.
Task<> House::attempt_to(std::string_view what, Task<> step) {
  try {
    co_await std::move(step);
  } catch (const std::exception& error) {
    log_error("stop", {{"step", what}, {"error", error.what()}});
  }
}

void House::stop() {
  if (std::exchange(stopped_, true)) return;
  health_.set(Health::Phase::draining);
  if (opened_) attempt("services", [this] { run_and_wait(loops_.executor(0), close_all()); });
  for (BlockingPool* pool : {&reads_, &compute_, &slow_}) pool->stop();
  loops_.stop();
  loops_.join();
  disk_watch_.stop();
  attempt("store", [this] { store_->close(); });
  // What was never resumed, a connection say, goes while what it refers to is there.
  loops_.drop();
}

void House::attempt(std::string_view what, const std::function<void()>& step) {
  try {
    step();
  } catch (const std::exception& error) {
    log_error("stop", {{"step", what}, {"error", error.what()}});
  }
}

}  // namespace brume::server
