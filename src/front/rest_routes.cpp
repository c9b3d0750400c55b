#include "front/rest_routes.h"

#include <algorithm>

#include "base/encoding.h"

namespace brume::front {
namespace {

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> parts;
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  while (!path.empty()) {
    const auto slash = path.find('/');
    parts.push_back(path.substr(0, slash));
    if (slash == path.npos) break;
    path.remove_prefix(slash + 1);
  }
  return parts;
}

bool has_query(std::string_view query, std::string_view wanted) {
  while (!query.empty()) {
    const auto end = query.find('&');
    if (query.substr(0, end) == wanted) return true;
    if (end == query.npos) return false;
    query.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace

RestRoutes::RestRoutes(const service::ServiceModel& model) {
  for (const auto& operation : model.operations) {
    Route route{&operation, {}, {}, {}};
    std::string_view uri = operation.uri;
    if (const auto mark = uri.find('?'); mark != uri.npos) {
      route.query = uri.substr(mark + 1);
      uri = uri.substr(0, mark);
    }
    for (std::string_view part : split_path(uri)) {
      Segment segment{part};
      if (part.starts_with('{') && part.ends_with('}')) {
        segment = {part.substr(1, part.size() - 2), true, false};
        if (segment.text.ends_with('+')) {
          segment.text.remove_suffix(1);
          segment.greedy = true;
        }
      }
      route.order += segment.greedy ? 'c' : segment.label ? 'b' : 'a';
      route.segments.push_back(segment);
    }
    routes_.push_back(std::move(route));
  }
  std::stable_sort(routes_.begin(), routes_.end(), [](const Route& a, const Route& b) {
    if (a.order != b.order) return a.order < b.order;
    return a.query.size() > b.query.size();
  });
}

bool RestRoutes::matches(const Route& route, const std::vector<std::string_view>& parts, RestMatch& match) {
  match.labels.clear();
  std::size_t at = 0;
  for (std::size_t i = 0; i < route.segments.size(); ++i) {
    const Segment& segment = route.segments[i];
    if (at >= parts.size()) return false;
    if (!segment.label) {
      if (parts[at++] != segment.text) return false;
    } else if (!segment.greedy) {
      if (parts[at].empty()) return false;
      match.labels.emplace_back(segment.text, percent_decode(parts[at++]));
    } else {
      const std::size_t after = route.segments.size() - i - 1;
      if (parts.size() < at + 1 + after) return false;
      std::string value;
      for (; at + after < parts.size(); ++at) value += (value.empty() ? "" : "/") + percent_decode(parts[at]);
      match.labels.emplace_back(segment.text, std::move(value));
    }
  }
  return at == parts.size();
}

std::optional<RestMatch> RestRoutes::match(std::string_view method, std::string_view path,
                                           std::string_view query) const {
  const auto parts = split_path(path);
  // The signature is over the path without dot segments: a path that has them must not mean anything else.
  for (const auto part : parts)
    if (part == "." || part == "..") return std::nullopt;
  RestMatch match;
  for (const Route& route : routes_) {
    if (route.operation->method != method || (!route.query.empty() && !has_query(query, route.query))) continue;
    if (matches(route, parts, match)) {
      match.operation = route.operation;
      return match;
    }
  }
  return std::nullopt;
}

}  // namespace brume::front
