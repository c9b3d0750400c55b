// Entering a table to write. Private to dynamodb/.
#pragma once

#include <optional>

#include "dynamodb/request/errors.h"
#include "dynamodb/state/state.h"

namespace brume::dynamodb {

/// Held while a request or a background job writes items of a table. `table()` is a revision that knows every
/// index, stream and expiry setting that a commit under this pass has to serve.
class WritePass {
 public:
  /// `table` is any revision. Errors: ResourceNotFoundException if the table is being removed.
  WritePass(State& state, TablePtr table) : table_(std::move(table)), pass_(table_->live->gate) {
    if (!pass_) throw_resource_not_found();
    if (table_->revision == table_->live->revision.load()) return;
    TablePtr newest = state.tables.find(table_->account, table_->region, table_->name);
    if (!newest || newest->id != table_->id) throw_resource_not_found();
    table_ = std::move(newest);
  }

  const Table& table() const { return *table_; }
  const TablePtr& table_ptr() const { return table_; }

 private:
  TablePtr table_;
  WriteGate::Pass pass_;
};

/// Waits until every pass that was taken before this call is given back.
inline Task<> wait_for_former_writers(TablePtr table) {
  constexpr std::chrono::milliseconds kPoll{1};
  WriteGate& gate = table->live->gate;
  while (!gate.try_turn()) co_await sleep_for(kPoll);
  while (!gate.turned()) co_await sleep_for(kPoll);
}

}  // namespace brume::dynamodb
