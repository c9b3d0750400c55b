// What a write does to one item. Private to dynamodb/.
#pragma once

#include <string_view>

#include "wire/item.h"

namespace brume::dynamodb {

/// An item as it was and as it shall be. Stored items are never empty, so an empty view is an absent item.
struct ItemChange {
  std::string_view key;  ///< in the store (item_key.h)
  wire::ItemView before;
  wire::ItemView after;
  bool by_time_to_live = false;  ///< the service deletes it: the stream says so
};

}  // namespace brume::dynamodb
