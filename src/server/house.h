// The house: everything that `brume serve` runs, built from the ground up and taken down in reverse.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/blocking_pool.h"
#include "base/clock.h"
#include "base/loops.h"
#include "base/random.h"
#include "cluster/leases.h"
#include "cluster/nodes.h"
#include "dynamodb/dynamodb.h"
#include "front/front.h"
#include "gateway/gateway.h"
#include "net/client/http_client.h"
#include "net/server/http_server.h"
#include "server/adapters.h"
#include "server/admin.h"
#include "server/certificate_watch.h"
#include "server/config.h"
#include "server/disk_watch.h"
#include "server/health.h"
#include "server/clock_control.h"
#include "service/dispatcher.h"
#include "store/store.h"

namespace brume::server {

class House {
 public:
  /// Opens the store and listens. Errors: std::runtime_error (and StoreError, std::system_error) with one
  /// clear sentence.
  explicit House(Config config);
  /// stop() if that was not called.
  ~House();
  House(const House&) = delete;
  House& operator=(const House&) = delete;

  /// "http://127.0.0.1:4566"
  const std::string& url() const { return url_; }
  LoopExecutor executor() { return loops_.executor(0); }
  /// All operations that there are.
  const service::Catalog& catalog() const { return dispatcher_.catalog(); }
  /// docs/COMPATIBILITY.md
  std::string compatibility() const { return front_.compatibility_page(); }

  /// Reads --tls-cert and --tls-key again, soon and on a thread of its own; nothing without TLS. Any thread.
  void reload_certificates();

  /// Refuses new requests, lets running ones go on for Config::stop_grace, then ends what they wait for: functions, calls
  /// of other servers, packages being unpacked. Returns when the last handler has ended, the pool and the loops stand
  /// still and everything is on disk; nothing that a service owns is touched after that. May be called again.
  void stop();

 private:
  void show_threads();
  void open_services();
  void show_state();
  void listen();
  void listen_admin();
  void add(service::Service service);
  Task<> open_all();
  Task<> close_all();
  net::ServerLimits limits();
  std::size_t body_bytes_max(const net::Request& head) const;
  net::Response refusal(int status, const net::Request* head) const;
  void attempt(std::string_view what, const std::function<void()>& step);
  static Task<> attempt_to(std::string_view what, Task<> step);
  Task<net::Response> route(const net::Request& request);
  bool answers_to(const net::Request& request) const;
  net::Response page(const net::Request& request);
  Task<net::Response> route_own(const net::Request& request);
  Task<net::Response> route_admin(const net::Request& request);

  Config config_;
  AdvancedClock clock_;
  SystemClock machine_clock_;  ///< of what is between nodes: a test's move of the other must not make them seem silent
  SystemRandom random_;
  Loops loops_;
  // stop() joins them before the loops: their work refers to the loops' coroutines. Writes have a thread of the store's.
  BlockingPool reads_;  ///< what the store has to read from the disk
  BlockingPool compute_;  ///< hashes, checksums, compression and compilation of what is long
  BlockingPool slow_;  ///< processes, packages, control groups
  store::DiskSpace space_;
  std::unique_ptr<store::Store> store_;
  ClockControl clock_control_;
  DiskWatch disk_watch_;
  cluster::Nodes nodes_;
  cluster::Leases leases_;
  Health health_;
  observe::Observe observe_;
  iam::Iam iam_;
  dynamodb::DynamoDb dynamodb_;
  IamCredentials credentials_;
  IamRoles roles_;
  ApiRoles api_roles_;
  ServiceMetrics service_metrics_;
  CallRecorder recorder_;
  ApiCounter api_counter_;
  InvokeCounter invoke_counter_;
  FunctionLogs function_logs_;
  service::Dispatcher dispatcher_;
  LambdaInvoker invoker_;
  net::HttpClient client_;
  gateway::Gateway gateway_;
  front::Front front_;
  Admin admin_;
  std::unique_ptr<lambda::Lambda> lambda_;  // made once the port is known: functions are told the endpoint
  bool opened_ = false;  ///< the services are: close_all() is due
  bool stopped_ = false;
  std::string url_;
  std::uint16_t port_ = 0;
  std::shared_ptr<net::TlsContext> tls_;  ///< none: plain HTTP
  bool on_loopback_ = false;
  net::HttpServer http_;
  net::HttpServer admin_http_;
  std::optional<CertificateWatch> certificates_;
};

/// The socket in a data folder through which the command line talks to the server that holds it.
std::string admin_socket(const std::string& data_folder);

}  // namespace brume::server
