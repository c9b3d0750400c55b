// The functions there are: durable records in the store, and the picture of them that loops serve from, which shows each
// change before its commit is acknowledged.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/task.h"
#include "cluster/kept_records.h"
#include "lambda/code_store.h"
#include "lambda/function_record.h"
#include "store/store.h"

namespace brume::lambda {

using FunctionPtr = std::shared_ptr<const Function>;

/// Thread-safe.
class Registry {
 public:
  /// The arguments outlive the object.
  Registry(store::Store& store, const CodeStore& code);

  /// Reads every record; one that is damaged is logged and stands for a function that cannot be used. Call it once, before
  /// the first request. Errors: StoreError.
  Task<> open();

  /// In the order of their ids.
  std::vector<FunctionPtr> all() const;
  bool empty() const { return functions_.empty(); }
  /// nullptr if there is none. Takes no lock and shares no counter between threads.
  FunctionPtr find(const FunctionId& id) const;
  bool uses_code(const std::string& sha256) const;

  /// Adds a function; ResourceConflictException if it exists. Durable on return, as are the next two.
  Task<FunctionPtr> create(FunctionRecord record);
  /// Applies `edit` to the latest record, in a transaction; what it throws comes out here. It may run more than
  /// once. ResourceNotFoundException if there is no such function.
  Task<FunctionPtr> change(FunctionId id, std::function<void(FunctionRecord&)> edit);
  /// Removes and returns the function. ResourceNotFoundException if there is none.
  Task<FunctionPtr> erase(FunctionId id);

 private:
  FunctionPtr make(FunctionRecord record) const;
  /// A record that cannot be used is logged and stands for a damaged function.
  FunctionPtr make(const FunctionId& id, std::string_view value) const;

  store::Store& store_;
  const CodeStore& code_;
  cluster::KeptRecords<Function> functions_;  // by record key
};

}  // namespace brume::lambda
