#include "gateway/pipeline/route_table.h"

#include <algorithm>

#include "base/encoding.h"

namespace brume::gateway {

namespace {

constexpr std::array<std::string_view, 8> kNames = {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY"};
constexpr std::size_t kAny = 7;

std::size_t slot_of(std::string_view method) {
  return static_cast<std::size_t>(std::find(kNames.begin(), kNames.end(), method) - kNames.begin());
}

auto place_of(auto& children, std::string_view literal) {
  return std::lower_bound(children.begin(), children.end(), literal,
                          [](const auto& child, std::string_view wanted) { return child.first < wanted; });
}

}  // namespace

int RouteTable::child_for(int node, std::string_view part) {
  auto index = static_cast<std::size_t>(node);
  int next = static_cast<int>(nodes_.size());
  if (part.starts_with('{')) {
    bool greedy = part.ends_with("+}");
    int present = greedy ? nodes_[index].greedy : nodes_[index].parameter;
    if (present != kNone) return present;
    (greedy ? nodes_[index].greedy : nodes_[index].parameter) = next;
    (greedy ? nodes_[index].greedy_name : nodes_[index].parameter_name) =
        std::string(part.substr(1, part.size() - (greedy ? 3 : 2)));
  } else {
    auto& children = nodes_[index].children;
    auto place = place_of(children, part);
    if (place != children.end() && place->first == part) return place->second;
    children.emplace(place, std::string(part), next);
  }
  nodes_.emplace_back();
  return next;
}

void RouteTable::add(std::string_view path, std::string_view method, int route) {
  std::size_t slot = slot_of(method);
  if (slot == kMethods) return;
  int node = 0;
  while (!path.empty()) {
    if (path.front() == '/') {
      path.remove_prefix(1);
      continue;
    }
    std::string_view part = path.substr(0, path.find('/'));
    node = child_for(node, part);
    path.remove_prefix(part.size());
  }
  nodes_[static_cast<std::size_t>(node)].routes[slot] = route;
}

bool RouteTable::take(int node, std::size_t slot, Match& match) const {
  const auto& routes = nodes_[static_cast<std::size_t>(node)].routes;
  match.route = routes[slot] != kNone ? routes[slot] : routes[kAny];
  return match.route != kNone;
}

bool RouteTable::find(int index, std::string_view rest, std::size_t slot, Match& match) const {
  if (rest.empty()) return take(index, slot, match);
  const Node& node = nodes_[static_cast<std::size_t>(index)];
  std::size_t slash = rest.find('/');
  std::string_view segment = rest.substr(0, slash);
  std::string_view tail = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);

  std::string decoded;
  std::string_view literal = segment;
  if (segment.find('%') != std::string_view::npos) literal = decoded = percent_decode(segment);
  auto child = place_of(node.children, literal);
  bool present = child != node.children.end() && child->first == literal;
  if (present && find(child->second, tail, slot, match)) return true;
  if (node.parameter != kNone && !segment.empty()) {
    match.parameters.emplace_back(node.parameter_name, segment);
    if (find(node.parameter, tail, slot, match)) return true;
    match.parameters.pop_back();
  }
  if (node.greedy != kNone && take(node.greedy, slot, match)) {
    match.parameters.emplace_back(node.greedy_name, rest);
    return true;
  }
  return false;
}

RouteTable::Match RouteTable::match(std::string_view path, std::string_view method) const {
  Match match;
  std::size_t slot = slot_of(method);
  if (slot >= kAny) return match;  // nobody sends the method ANY
  std::size_t begin = std::min(path.find_first_not_of('/'), path.size());
  std::size_t end = path.find_last_not_of('/');
  std::string_view inner = end == std::string_view::npos ? std::string_view{} : path.substr(begin, end + 1 - begin);
  if (!find(0, inner, slot, match)) match = {};
  return match;
}

}  // namespace brume::gateway
