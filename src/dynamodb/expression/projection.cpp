#include "dynamodb/expression/projection.h"

#include <algorithm>

#include "dynamodb/request/errors.h"
#include "dynamodb/expression/resolver.h"

namespace brume::dynamodb {
namespace {

using wire::ContainerBuilder;
using wire::ValueType;
using wire::ValueView;

using Paths = std::span<const PathRef>;

/// Walks an item along sorted paths. All paths of a call agree in their first `depth` steps.
class Projector {
 public:
  Projector(const PathPool& pool, std::string& out) : pool_(pool), out_(out) {}

  void attributes(wire::MapView map, Paths paths, std::size_t depth) {
    for (const wire::Attribute& attribute : map) {
      const Paths below = with_name(paths, depth, attribute.name);
      if (below.empty()) continue;
      if (below[0].count == depth + 1) {
        out_.append(attribute.stored);
        continue;
      }
      const std::size_t before = out_.size();
      wire::append_name(out_, attribute.name);
      if (!part(attribute.value, below, depth + 1)) out_.resize(before);
    }
  }

 private:
  /// Appends what `paths` name within `value`; false (having appended nothing) if that is nothing.
  bool part(ValueView value, Paths paths, std::size_t depth) {
    const bool by_index = step(paths[0], depth).is_index();
    if (value.type() != (by_index ? ValueType::list : ValueType::map)) return false;
    const std::size_t before = out_.size();
    ContainerBuilder builder(out_, value.type());
    if (by_index) elements(value.list(), paths, depth);
    else attributes(value.map(), paths, depth);
    if (builder.empty()) {
      out_.resize(before);
      return false;
    }
    builder.finish();
    return true;
  }

  void elements(wire::ListView list, Paths paths, std::size_t depth) {
    std::uint32_t index = 0;
    for (const wire::Element& element : list) {
      if (paths.empty()) return;
      if (step(paths[0], depth).index == index) {
        const std::size_t count = same_step(paths, depth);
        if (paths[0].count == depth + 1) append_value(out_, element);
        else part(element, paths.first(count), depth + 1);
        paths = paths.subspan(count);
      }
      ++index;
    }
  }

  const PathStep& step(PathRef path, std::size_t depth) const { return pool_.steps[path.first + depth]; }

  /// How many paths at the front share the step at `depth`.
  std::size_t same_step(Paths paths, std::size_t depth) const {
    std::size_t count = 1;
    while (count < paths.size() && step(paths[count], depth) == step(paths[0], depth)) ++count;
    return count;
  }

  Paths with_name(Paths paths, std::size_t depth, std::string_view name) const {
    const auto found = std::lower_bound(paths.begin(), paths.end(), name, [&](PathRef path, std::string_view wanted) {
      return step(path, depth).name < wanted;
    });
    if (found == paths.end() || step(*found, depth).name != name) return {};
    const Paths from = paths.subspan(static_cast<std::size_t>(found - paths.begin()));
    return from.first(same_step(from, depth));
  }

  const PathPool& pool_;
  std::string& out_;
};

std::vector<PathRef> sorted(const PathPool& pool, std::span<const PathRef> paths) {
  std::vector<PathRef> out(paths.begin(), paths.end());
  std::sort(out.begin(), out.end(), [&](PathRef a, PathRef b) { return path_less(pool.view(a), pool.view(b)); });
  return out;
}

}  // namespace

void append_projection(wire::ItemView item, const PathPool& pool, std::span<const PathRef> paths, std::string& out) {
  Projector(pool, out).attributes(item, sorted(pool, paths), 0);
}

ProjectionExpression ProjectionExpression::parse(std::string_view text, ExpressionContext& context) {
  const Syntax syntax = parse_projection_syntax(text);
  const Resolver resolver("ProjectionExpression", syntax, context);
  for (NodeIndex path : syntax.paths) resolver.check_words(syntax.nodes[path]);
  ProjectionExpression out;
  for (NodeIndex path : syntax.paths) out.paths_.push_back(resolver.path(syntax.nodes[path], out.pool_));
  resolver.check_overlaps(out.pool_, out.paths_);
  out.paths_ = sorted(out.pool_, out.paths_);
  return out;
}

ProjectionExpression ProjectionExpression::of_attributes(std::span<const std::string_view> names) {
  ProjectionExpression out;
  for (std::string_view name : names) {
    out.paths_.push_back({static_cast<std::uint32_t>(out.pool_.steps.size()), 1});
    out.pool_.steps.push_back({.name = name});
  }
  out.paths_ = sorted(out.pool_, out.paths_);
  return out;
}

ProjectionExpression ProjectionExpression::of_columns(PathPool pool, std::vector<PathRef> paths) {
  ProjectionExpression out;
  out.pool_ = std::move(pool);
  for (const PathRef path : paths) {
    const PathView steps = out.pool_.view(path);
    std::size_t last = steps.size() - 1;
    while (steps[last].is_index()) --last;
    std::string name(steps[last].name);
    for (const PathStep& step : steps.subspan(last + 1)) name += '[' + std::to_string(step.index) + ']';
    if (std::find(out.columns_.begin(), out.columns_.end(), name) != out.columns_.end())
      throw_validation("Duplicate identifiers in select clause: " + name);
    out.columns_.push_back(std::move(name));
    out.paths_.push_back(path);
  }
  for (std::size_t i = 1; i < out.paths_.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (const auto error = clash_error(out.pool_.view(out.paths_[i]), out.pool_.view(out.paths_[k])))
        throw_validation(*error);
  return out;
}

void ProjectionExpression::append_projected(wire::ItemView item, std::string& out) const {
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (const auto value = find_path(item, pool_.view(paths_[i]))) wire::append_attribute(out, columns_[i], *value);
  if (!columns_.empty()) return;
  Projector(pool_, out).attributes(item, paths_, 0);
}

std::string ProjectionExpression::project(wire::ItemView item) const {
  std::string out;
  append_projected(item, out);
  return out;
}

}  // namespace brume::dynamodb
