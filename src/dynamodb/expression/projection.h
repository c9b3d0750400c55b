// ProjectionExpression: the parts of an item that an answer carries.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dynamodb/expression/ast.h"
#include "dynamodb/expression/context.h"
#include "wire/item.h"

namespace brume::dynamodb {

/// Appends to `out` the item that holds what `paths` name in `item`: nested parts keep the maps and lists
/// above them, list elements close up in the order of their indexes. Paths don't overlap.
void append_projection(wire::ItemView item, const PathPool& pool, std::span<const PathRef> paths, std::string& out);

/// Immutable after parse. Refers to `text` and `context`, which outlive it.
class ProjectionExpression {
 public:
  static ProjectionExpression parse(std::string_view text, ExpressionContext& context);
  /// AttributesToGet (legacy): top-level names, which must outlive it. The caller has checked them.
  static ProjectionExpression of_attributes(std::span<const std::string_view> names);
  /// The columns of a table (PartiQL): what each path names stands at the top, under the last part of the path: "b" for
  /// a.b, "b[0]" for a.b[0]. The paths' names must outlive it.
  /// Errors: kValidationException: two columns of one name, or one within another.
  static ProjectionExpression of_columns(PathPool pool, std::vector<PathRef> paths);

  void append_projected(wire::ItemView item, std::string& out) const;
  std::string project(wire::ItemView item) const;

  /// Calls visit(path) for every path (an index may not project everything).
  template <class Visit>
  void for_each_path(Visit&& visit) const {
    for (PathRef path : paths_) visit(pool_.view(path));
  }

 private:
  PathPool pool_;
  std::vector<PathRef> paths_;
  std::vector<std::string> columns_;  ///< names, if the paths are columns
};

}  // namespace brume::dynamodb
