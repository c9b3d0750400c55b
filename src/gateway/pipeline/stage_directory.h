// Compiled stages by API and name. Reading takes no lock and shares no counter between threads; a stage is
// compiled when it is first asked for, and forgotten when its API changes.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/blocking_pool.h"
#include "base/task.h"
#include "gateway/pipeline/compiled_stage.h"
#include "store/store.h"

namespace brume::gateway {

class StageDirectory {
 public:
  using Stage = std::shared_ptr<const CompiledStage>;

  StageDirectory(store::Store& store, BlockingPool& pool);

  /// The stage as of now, or null when there is none. A change that was acknowledged before the call is
  /// in it. Errors: StoreError, and others for a record that makes no stage.
  Task<Stage> find(std::string api, std::string stage);

  /// Call it after the commit of a change and before its reply. Thread-safe.
  void forget(const std::string& api);

  /// Compiles every stage there is. One that cannot be compiled is left out and logged. Errors: StoreError.
  Task<> load_all();

 private:
  using Stages = std::map<std::string, Stage, std::less<>>;
  using Map = std::unordered_map<std::string, std::shared_ptr<const Stages>>;

  Stage cached(const std::string& api, const std::string& stage);
  Task<Stage> load(std::string api, std::string stage);
  std::uint64_t begin_load();
  void end_load(const std::string& api, const std::string& stage, const Stage& compiled, std::uint64_t begun);
  void swap_in(std::shared_ptr<const Map> map);  // with mutex_ held

  store::Store& store_;
  BlockingPool& pool_;
  const std::uint64_t id_;              // tells the directories of one process apart in thread-local memory
  std::atomic<std::uint64_t> version_{1};
  std::mutex mutex_;                    // never held while anything waits
  std::shared_ptr<const Map> map_;
  // A load that began before its API was forgotten must not be published. Counted per forget().
  std::uint64_t forgets_ = 0;
  std::size_t loads_ = 0;
  std::unordered_map<std::string, std::uint64_t> forgotten_;  // API → its last forget, while loads are under way
};

}  // namespace brume::gateway
