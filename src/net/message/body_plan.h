// What becomes of a request's body, decided by its head.
#pragma once

#include <cstdint>
#include <functional>

#include "net/message/http_message.h"

namespace brume::net {

struct BodyPlan {
  std::uint64_t bytes_max;  ///< more is answered 413; of a gathered body the server's own limit holds as well
  /// The handler runs at once and reads Request::stream; one that answers before the end of the body closes the
  /// connection. Without: the body is gathered first.
  bool streamed = false;
};

using BodyPlanner = std::function<BodyPlan(const Request& head)>;

}  // namespace brume::net
