// ConditionExpression and FilterExpression: parsed once, evaluated on stored items in place.
// Source: "Condition and filter expressions, operators, and functions", DynamoDB Developer Guide.
#pragma once

#include <string_view>

#include "dynamodb/expression/ast.h"
#include "dynamodb/expression/context.h"
#include "wire/item.h"

namespace brume::dynamodb {

/// Immutable after parse; any number of threads may evaluate. Refers to `text` and `context`, which outlive it.
class ConditionExpression {
 public:
  /// `parameter` is the request's member and appears in errors: "ConditionExpression", "FilterExpression".
  static ConditionExpression parse(std::string_view text, ExpressionContext& context,
                                   std::string_view parameter = "ConditionExpression");
  /// Wraps a tree built by hand (legacy parameters, PartiQL). The tree has been checked by its builder.
  explicit ConditionExpression(ConditionTree tree) : tree_(std::move(tree)) {}

  /// True if `item` satisfies it; an absent item is an empty one. A comparison with an absent attribute
  /// or between types is false. Never throws.
  bool matches(wire::ItemView item) const;

  /// Is there an operand whose path begins with attribute `name`? (A filter may not name key attributes.)
  bool mentions(std::string_view name) const;
  /// Calls visit(path) for every document path.
  template <class Visit>
  void for_each_path(Visit&& visit) const {
    for (const Operand& operand : tree_.operands)
      if (operand.path.count > 0) visit(tree_.paths.view(operand.path));
  }

  const ConditionTree& tree() const { return tree_; }

 private:
  ConditionTree tree_;
};

}  // namespace brume::dynamodb
