// RocksDB's options for Brume, each with its reason.
#pragma once

#include <rocksdb/options.h>

#include "store/rocksdb/open.h"

namespace brume::store {

rocksdb::Options make_rocksdb_options(const RocksDbOptions& options);

}  // namespace brume::store
