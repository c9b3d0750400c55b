#include "cluster/changes.h"

#include <exception>
#include <utility>

#include "base/log.h"

namespace brume::cluster {

Changes::Changes(store::Store& store, store::Range range, Listener listener)
    : watches_(store.watches()), listener_(std::move(listener)) {
  watches_.add(std::move(range), *this);
}

Changes::~Changes() { watches_.remove(*this); }

void Changes::committed(std::string_view key, const std::string_view* value) noexcept {
  Change change{key, std::nullopt};
  if (value) change.value = *value;
  try {
    listener_(change);
  } catch (const std::exception& error) {
    log_error("change_not_taken", {{"error", error.what()}});
  }
}

}  // namespace brume::cluster
