// Which operation of the rest-json services a method and path name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/message/http_message.h"
#include "service/shape.h"

namespace brume::front {

struct RestMatch {
  const service::OperationShape* operation = nullptr;
  std::vector<std::pair<std::string_view, std::string>> labels;  ///< name in the template → decoded value
};

/// The URI templates of one service, e.g. "/2015-03-31/functions/{FunctionName}/invocations".
class RestRoutes {
 public:
  explicit RestRoutes(const service::ServiceModel& model);

  /// The most specific operation for a request line, or nullopt. A trailing slash makes no difference.
  std::optional<RestMatch> match(std::string_view method, std::string_view path, std::string_view query) const;

 private:
  struct Segment {
    std::string_view text;  ///< literal, or the label's name
    bool label = false;
    bool greedy = false;    ///< {name+}: one or more segments
  };
  struct Route {
    const service::OperationShape* operation;
    std::vector<Segment> segments;
    std::string_view query;  ///< literal query that the template asks for, e.g. "mode=import"
    std::string order;       ///< one character a segment: literal < label < greedy
  };
  static bool matches(const Route& route, const std::vector<std::string_view>& parts, RestMatch& match);

  std::vector<Route> routes_;  // most specific first
};

}  // namespace brume::front
