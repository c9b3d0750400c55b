// Amazon DynamoDB, API version 2012-08-10, on the store.
// Source: Amazon DynamoDB API Reference; dynamodb/2012-08-10/service-2.json of botocore.
#pragma once

#include <chrono>
#include <memory>

#include "base/blocking_pool.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/task.h"
#include "cluster/leases.h"
#include "dynamodb/table/options.h"
#include "service/operation.h"
#include "store/store.h"

namespace brume::dynamodb {

struct State;

/// The service. What is passed in outlives it.
class DynamoDb {
 public:
  DynamoDb(store::Store& store, BlockingPool& pool, Clock& clock, Random& random, cluster::Leases& leases,
           Options options);
  ~DynamoDb();
  DynamoDb(const DynamoDb&) = delete;
  DynamoDb& operator=(const DynamoDb&) = delete;

  /// Loads the tables and goes on with removals and recounts that a stop interrupted, on the caller's
  /// loop. Call it once, before the first request. Errors: store::StoreError.
  Task<> open();

  /// The operations. The handlers refer to this object.
  service::Service service();

  /// The operations of DynamoDB Streams, which is a service of its own for clients. As above.
  service::Service streams_service();

  /// Ends the background work and waits for it, without writing anything more: what close() begins with, and what tests
  /// of crashes do before they drop the service.
  Task<> stop_background();

  /// Ends the background work, waits for it, and writes the item counters. Call it with no request under
  /// way, before the store is closed; also after requests failed. Errors: store::StoreError.
  Task<> close();

 private:
  std::unique_ptr<State> state_;
};

}  // namespace brume::dynamodb
