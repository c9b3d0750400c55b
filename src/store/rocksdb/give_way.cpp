#include "store/rocksdb/give_way.h"

#include <sched.h>

#include <chrono>

namespace brume::store {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::microseconds kTurn{500};
constexpr unsigned kRecordsALook = 16;

class GiveWay final : public rocksdb::TablePropertiesCollector {
 public:
  rocksdb::Status AddUserKey(const rocksdb::Slice&, const rocksdb::Slice&, rocksdb::EntryType, rocksdb::SequenceNumber,
                             uint64_t) override {
    if (++records_ % kRecordsALook != 0) return rocksdb::Status::OK();
    // Of the thread: it works on one table at a time.
    static thread_local Clock::time_point began = Clock::now();
    if (const auto now = Clock::now(); now - began >= kTurn) {
      ::sched_yield();
      began = Clock::now();
    }
    return rocksdb::Status::OK();
  }
  rocksdb::Status Finish(rocksdb::UserCollectedProperties*) override { return rocksdb::Status::OK(); }
  rocksdb::UserCollectedProperties GetReadableProperties() const override { return {}; }
  const char* Name() const override { return "GiveWay"; }

 private:
  unsigned records_ = 0;
};

class GiveWayFactory final : public rocksdb::TablePropertiesCollectorFactory {
 public:
  rocksdb::TablePropertiesCollector* CreateTablePropertiesCollector(Context) override { return new GiveWay; }
  const char* Name() const override { return "GiveWay"; }
};

}  // namespace

std::shared_ptr<rocksdb::TablePropertiesCollectorFactory> give_way_to_requests() {
  return std::make_shared<GiveWayFactory>();
}

}  // namespace brume::store
