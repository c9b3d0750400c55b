// Page tokens: opaque to clients, checked when they come back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "observe/logs/keys.h"

namespace brume::observe {

/// A place between events and the way to go on from it: forward from `position` on, or backward from before it.
struct EventToken {
  bool forward = true;
  Position position;

  std::string text() const;  ///< "f/…/s" or "b/…/s"
  /// InvalidParameterException if `text` is no such token.
  static EventToken parse(std::string_view text);
};

/// The end of a key, as a page token.
std::string key_token(std::string_view key_end);
/// InvalidParameterException if `token` was not made by key_token.
std::string key_of_token(std::string_view token);

/// An event's id, 56 digits that sort as events do.
std::string event_id(const Position& position);

}  // namespace brume::observe
