// Finds the method that answers a path: an immutable tree of path segments.
//
// Precedence, at each segment from the left: the literal, then {name}, then {name+}. A branch that ends in
// a resource without a fitting method is left again for the next one, so POST /test beside OPTIONS
// /{proxy+} leaves OPTIONS /test to the latter. At one resource the method itself precedes ANY.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace brume::gateway {

class RouteTable {
 public:
  static constexpr int kNone = -1;

  RouteTable() : nodes_(1) {}

  /// Adds `route` for `method` (one of the seven, or ANY) of the resource at `path`, e.g. "/pets/{id}".
  /// Building only: a table that is in use does not change.
  void add(std::string_view path, std::string_view method, int route);

  struct Match {
    int route = kNone;
    /// Names point into the table, values into the path: as sent, not percent-decoded.
    std::vector<std::pair<std::string_view, std::string_view>> parameters;
  };
  /// `path` as sent, with or without a slash in front; slashes in front and at the end don't count.
  /// Time is linear in the resources whose depth and literals fit.
  Match match(std::string_view path, std::string_view method) const;

 private:
  static constexpr std::size_t kMethods = 8;  // the seven and ANY
  struct Node {
    std::vector<std::pair<std::string, int>> children;  // sorted by literal
    int parameter = kNone;
    int greedy = kNone;
    std::string parameter_name;
    std::string greedy_name;
    std::array<int, kMethods> routes{kNone, kNone, kNone, kNone, kNone, kNone, kNone, kNone};
  };

  int child_for(int node, std::string_view part);
  bool find(int node, std::string_view rest, std::size_t slot, Match& match) const;
  bool take(int node, std::size_t slot, Match& match) const;

  std::vector<Node> nodes_;
};

}  // namespace brume::gateway
