// What changes in the store: a range of keys, told after each commit that writes in it. What a node keeps of records in
// memory is kept right by this alone (kept_records.h).
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "store/commit_watches.h"
#include "store/store.h"

namespace brume::cluster {

/// What a record became. The views are good during the call.
struct Change {
  std::string_view key;
  std::optional<std::string_view> value;  ///< absent: erased
};

/// Tells one listener of the changes of one range as long as it lives.
///
/// The listener hears of a commit after readers see it and before its run() returns, on the thread that wrote it: so who
/// was told that a change is done finds the listener told. Of one record it hears in the order of the commits if all that
/// write the record share a lock key. What it may do is what store::CommitWatcher says; what it throws is logged.
class Changes final : store::CommitWatcher {
 public:
  using Listener = std::function<void(const Change&)>;

  /// `store` outlives the object.
  Changes(store::Store& store, store::Range range, Listener listener);
  /// The listener is not running, nor called again.
  ~Changes() override;
  Changes(const Changes&) = delete;
  Changes& operator=(const Changes&) = delete;

 private:
  void committed(std::string_view key, const std::string_view* value) noexcept override;

  store::CommitWatches& watches_;
  Listener listener_;
};

}  // namespace brume::cluster
