// What the one who runs the service can choose.
#pragma once

#include <chrono>
#include <cstddef>

namespace brume::dynamodb {

struct Options {
  /// How long CREATING, UPDATING and DELETING are shown. The work behind them does not take that long:
  /// it is what a client's waiters and status checks are tested with.
  std::chrono::milliseconds status_delay{5};
  /// How long the operations that describe wait for such a status to pass before they answer, so that a client's waiter
  /// need not sleep for a change that takes milliseconds.
  std::chrono::milliseconds settle_wait{0};
  /// Rest between two sweeps for expired items. AWS: "within a few days"; Brume promises five seconds.
  std::chrono::milliseconds expiry_sweep_interval{1000};
  /// How long a table's time to live cannot be changed again. AWS: up to an hour.
  std::chrono::milliseconds ttl_change_interval{0};
  /// Items removed in one commit while a deleted table's items go away.
  std::size_t removal_chunk_items = 1000;
  /// Rest between two rounds that open and close shards of streams and trim them.
  std::chrono::milliseconds stream_upkeep_interval{1000};
  /// How long a shard of a stream stays open.
  std::chrono::milliseconds stream_shard_duration = std::chrono::hours(4);
  /// How long records of a stream are kept, and a disabled stream can be read.
  std::chrono::milliseconds stream_retention = std::chrono::hours(24);
  /// Tables of one account and region. AWS's quota: 2,500, raised on request to 10,000.
  std::size_t max_tables = 10'000;
};

}  // namespace brume::dynamodb
