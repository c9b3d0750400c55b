// What `brume serve` is told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "front/front.h"
#include "lambda/sandbox/network.h"
#include "store/store.h"

namespace brume::server {

/// Half of it holds the longest body there is.
inline constexpr std::uint64_t kBodyMemoryMinMb = 192;

struct Config {
  std::string listen_address = "127.0.0.1";
  std::uint16_t listen_port = 4566;  ///< 0: a free one
  std::string data_folder = "brume-data";
  std::string version;  ///< of this program, shown to browsers
  std::string runtimes_folder;       ///< empty: `runtimes` beside the executable
  std::optional<bool> any_runtime_version;  ///< the host's interpreters run newer runtimes too; absent: in open mode
  std::string region = "us-east-1";
  std::string account = "000000000000";
  front::AuthMode auth = front::AuthMode::open;
  bool insecure = false;  ///< beyond loopback: allow open mode, and signatures without TLS
  std::vector<std::string> cors_origins;  ///< whose pages may call, beside those of the loopback in open mode
  std::vector<std::string> host_names;  ///< beside the loopback's: what an open server on the loopback answers to
  store::Durability durability = store::Durability::sync;
  std::size_t loops = 0;             ///< 0: one for each core
  std::size_t cache_bytes = 256 * 1024 * 1024;  ///< of the store: blocks and hot records together
  std::uint64_t body_memory_mb = 0;  ///< of long requests and replies together; 0: a share of the host's memory
  std::uint64_t function_memory_mb = 0;  ///< of all environments together; 0: what the host has less a reserve
  std::uint32_t function_concurrency = 1000;  ///< invokes at once
  std::chrono::milliseconds async_retry_delay{60'000};  ///< before an asynchronous invoke is tried again
  lambda::FunctionNetwork function_network = lambda::FunctionNetwork::open;
  bool require_isolation = false;  ///< refuse to serve where functions cannot be isolated
  /// How long a table shows CREATING, UPDATING, DELETING; absent: so shortly that it is waited out before a table is
  /// described.
  std::optional<std::chrono::milliseconds> table_delay;
  /// How long a table's time to live cannot be changed again; absent: not at all in open mode, else an hour, as on AWS.
  std::optional<std::chrono::seconds> ttl_change_interval;
  /// How long a function shows Pending and InProgress; absent: a moment that nobody who asks for it gets to see.
  std::optional<std::chrono::milliseconds> function_delay;
  std::chrono::seconds stream_shard_duration{4 * 3600};  ///< how long a shard of a DynamoDB stream stays open
  /// Where HTTP integrations may go beside the net: their owners are not the server's, unless callers are nobody (open).
  bool integrations_to_loopback = false;  ///< true in open mode
  bool integrations_to_link_local = false;
  std::uint64_t disk_reserve_bytes = 0;  ///< store/disk_space.h; 0: by the file system's size
  std::uint64_t log_bytes_per_day = 1024ull * 1024 * 1024;  ///< of each log group; 0: no bound
  std::uint64_t audit_bytes_per_day = 64ull * 1024 * 1024;  ///< of each account; 0: no bound
  std::int64_t log_retention_days = 30;  ///< of log groups that functions make; 0: for ever
  std::chrono::seconds stop_grace{10};  ///< how long a stop lets running requests go on
  std::vector<std::string> tls_certificates, tls_keys;  ///< PEM files; each certificate has its key at the same place
};

/// Errors: std::runtime_error with one clear sentence that names the option.
void require_sound(const Config& config);

}  // namespace brume::server
