// Flushes and compactions give way to requests that wait for the same processor.
#pragma once

#include <rocksdb/table_properties.h>

#include <memory>

namespace brume::store {

/// RocksDB calls a collector of table properties for each record that a flush or a compaction writes. This one collects
/// nothing: it gives the processor up whenever the thread has had it for half a millisecond. Linux otherwise lets such a
/// thread, whatever its priority, keep a loop from its processor for a whole tick (4 ms at 250 Hz) each time.
std::shared_ptr<rocksdb::TablePropertiesCollectorFactory> give_way_to_requests();

}  // namespace brume::store
