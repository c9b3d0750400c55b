// The functions there are: durable records in the store, and the immutable picture that loops serve from.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "base/task.h"
#include "lambda/code_store.h"
#include "lambda/function_record.h"
#include "store/store.h"

namespace brume::lambda {

using FunctionPtr = std::shared_ptr<const Function>;

class Registry {
 public:
  using Map = std::map<FunctionId, FunctionPtr>;

  Registry(store::Store& store, const CodeStore& code) : store_(store), code_(code) {}

  /// Reads every record; one that is damaged is logged and stands for a function that cannot be used. Call it once, before
  /// the first request. Errors: StoreError.
  Task<> open();

  std::shared_ptr<const Map> all() const;
  /// nullptr if there is none.
  FunctionPtr find(const FunctionId& id) const;
  bool uses_code(const std::string& sha256) const;

  /// Adds a function; ResourceConflictException if it exists. Durable on return, as are the next two.
  Task<FunctionPtr> create(FunctionRecord record);
  /// Applies `edit` to the latest record, in a transaction; what it throws comes out here. It may run more than
  /// once. ResourceNotFoundException if there is no such function.
  Task<FunctionPtr> change(FunctionId id, std::function<void(FunctionRecord&)> edit);
  /// Removes and returns the function. ResourceNotFoundException if there is none.
  Task<FunctionPtr> erase(FunctionId id);

  /// For tests: of how many functions the last commit is remembered.
  std::size_t remembered_versions() const;

 private:
  /// Lives as long as a commit and its publishing.
  class Writing {
   public:
    explicit Writing(Registry& registry);
    ~Writing();
    Writing(const Writing&) = delete;
    Writing& operator=(const Writing&) = delete;

   private:
    Registry& registry_;
  };

  FunctionPtr make(FunctionRecord record) const;
  void publish(const FunctionId& id, FunctionPtr function, store::CommitVersion version);

  store::Store& store_;
  const CodeStore& code_;
  mutable std::mutex mutex_;  // held for a pointer copy, or the copy of the map on a change
  std::shared_ptr<const Map> map_ = std::make_shared<Map>();
  std::map<FunctionId, store::CommitVersion> versions_;  ///< of what there is, and of `gone_`
  std::vector<FunctionId> gone_;  ///< removed while changes are under way
  std::size_t writing_ = 0;
};

}  // namespace brume::lambda
