#include "cluster/leases.h"

#include <utility>

#include "base/bytes.h"
#include "cluster/keys.h"

namespace brume::cluster {
namespace {

struct LeaseRecord {
  std::uint64_t fence = 0;
  std::string_view node;
};

/// Errors: StoreError.
LeaseRecord parse(std::string_view value) {
  if (value.size() < sizeof(std::uint64_t)) throw store::DamagedRecord("a lease's record is damaged");
  return {read_big_endian<std::uint64_t>(value.data()), value.substr(sizeof(std::uint64_t))};
}

/// The fencing number, 0 if somebody alive has the lease.
std::uint64_t try_take(store::Transaction& transaction, const std::string& key, const Nodes& nodes) {
  std::string value;
  // A record of this node's own is of a holder whose giving up failed.
  if (transaction.get(key, value)) {
    const LeaseRecord record = parse(value);
    if (record.node != nodes.self() && !nodes.is_gone(transaction, record.node)) return 0;
  }
  std::string record;
  append_big_endian(record, static_cast<std::uint64_t>(transaction.version()));
  record.append(nodes.self());
  transaction.put(key, record);
  transaction.use_reserve();  // the work itself may be what makes room
  return transaction.version();
}

}  // namespace

void Lease::check(store::Transaction& transaction) const {
  std::string value;
  if (!transaction.get(key, value) || parse(value).fence != fence)
    throw LeaseLost("the lease of " + name + " was taken over");
}

Task<TakeResult> Leases::take(std::string name) {
  {
    std::lock_guard lock(mutex_);
    if (!held_.insert(name).second) co_return TakeResult{std::nullopt, TakeFailure::held_here};
  }
  Lease lease{name, 0, lease_key(name)};
  std::exception_ptr error;
  try {
    auto body = [&](store::Transaction& transaction) { return try_take(transaction, lease.key, nodes_); };
    lease.fence = co_await store_.run(store::lock_on(lease.key), body);
  } catch (...) {
    error = std::current_exception();
  }
  if (lease.fence == 0) forget(lease);
  if (error) std::rethrow_exception(error);
  if (lease.fence == 0) co_return TakeResult{std::nullopt, TakeFailure::held_elsewhere};
  co_return TakeResult{std::move(lease), TakeFailure::none};
}

Task<> Leases::give_up(Lease lease) {
  std::exception_ptr error;
  try {
    auto body = [&lease](store::Transaction& transaction) {
      std::string value;
      if (transaction.get(lease.key, value) && parse(value).fence == lease.fence) transaction.erase(lease.key);
    };
    co_await store_.run(store::lock_on(lease.key), body);
  } catch (...) {
    error = std::current_exception();
  }
  forget(lease);
  if (error) std::rethrow_exception(error);
}

void Leases::forget(const Lease& lease) {
  std::lock_guard lock(mutex_);
  held_.erase(lease.name);
}

}  // namespace brume::cluster
