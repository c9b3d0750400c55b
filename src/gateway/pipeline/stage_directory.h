// Compiled stages by API and name: compiled when first asked for, and dropped when a record of their API changes.
#pragma once

#include <memory>
#include <string>

#include "base/blocking_pool.h"
#include "base/task.h"
#include "cluster/kept_records.h"
#include "gateway/pipeline/compiled_stage.h"
#include "store/store.h"

namespace brume::gateway {

/// Thread-safe. Asking for a stage that is compiled takes no lock and shares no counter between threads.
class StageDirectory {
 public:
  using Stage = std::shared_ptr<const CompiledStage>;

  /// The arguments outlive the object.
  StageDirectory(store::Store& store, BlockingPool& pool);

  /// The stage as of now, or null when there is none. A change that was acknowledged before the call is
  /// in it. Errors: StoreError, and others for a record that makes no stage.
  Task<Stage> find(std::string api, std::string stage);

  /// Compiles every stage there is. One that cannot be compiled is left out and logged. Errors: StoreError.
  Task<> load_all();

 private:
  Task<Stage> load(std::string api, std::string stage);

  store::Store& store_;
  BlockingPool& pool_;
  cluster::KeptRecords<CompiledStage> stages_;  // by the stage's key
};

}  // namespace brume::gateway
