// UpdateExpression: SET, REMOVE, ADD and DELETE on a stored item.
// Source: "Using update expressions in DynamoDB", DynamoDB Developer Guide.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dynamodb/expression/ast.h"
#include "dynamodb/expression/context.h"
#include "wire/item.h"

namespace brume::dynamodb {

/// What SET assigns: an operand, or the sum or difference of two.
struct UpdateOperand {
  enum class Kind : std::uint8_t { path, value, if_not_exists, list_append };
  Kind kind = Kind::value;
  PathRef path;              ///< path; first argument of if_not_exists
  wire::ValueView value;     ///< value
  std::uint32_t first = 0;   ///< list_append: index of its first argument; if_not_exists: of its second
  std::uint32_t second = 0;  ///< list_append: index of its second argument
};

struct UpdateAction {
  enum class Kind : std::uint8_t { set, set_sum, set_difference, remove, add, remove_members };
  Kind kind = Kind::set;
  PathRef path;
  std::uint32_t left = 0;   ///< set…: index of an operand
  std::uint32_t right = 0;  ///< set_sum, set_difference: index of the second one
  wire::ValueView value;    ///< add, remove_members (DELETE)
  std::uint32_t section = 0;  ///< which SET, REMOVE, ADD or DELETE it stands under; decides which error goes first
};

struct UpdateTree {
  PathPool paths;
  std::vector<UpdateOperand> operands;
  std::vector<UpdateAction> actions;
  bool legacy = false;  ///< AttributeUpdates, which word a wrong type in their own way
};

/// What an update is known to make of an attribute before any item is read.
struct KnownResult {
  wire::ValueType type{};
  std::optional<wire::ValueView> value;  ///< absent where the item has a share in it
};

/// Immutable after parse. Refers to `text` and `context`, which outlive it.
class UpdateExpression {
 public:
  static UpdateExpression parse(std::string_view text, ExpressionContext& context);
  /// Wraps a tree built by hand (AttributeUpdates, PartiQL). The tree has been checked by its builder.
  explicit UpdateExpression(UpdateTree tree) : tree_(std::move(tree)) {}

  /// The item after the update; `item` is the one before it, with at least its key attributes. An item that
  /// isn't there is given as its key alone, with `exists` false. All operands are read from `item` as it was.
  /// Errors (ValidationException): "The provided expression refers to an attribute that does not exist in the item",
  /// "The document path provided in the update expression is invalid for update",
  /// "An operand in the update expression has an incorrect data type" (of AttributeUpdates: "Type mismatch for attribute
  /// to update"), numbers out of range, nesting too deep.
  /// The caller checks keys and the item's size.
  std::string apply(wire::ItemView item, bool exists = true) const;

  /// Bytes that AWS counts for the statement itself, which an UpdateItem may have kMaxItemBytes of: what it writes, and
  /// some for each clause. `item` is the one before it.
  std::size_t charge(wire::ItemView item) const;

  /// Does it do nothing but take away (REMOVE, DELETE)? Such an update of an item that isn't there creates none.
  bool only_removes() const;

  /// Does it write to attribute `name` or below it?
  bool modifies(std::string_view name) const;
  /// What attribute `name` is as a whole after the update; nullopt if that hangs on the item.
  std::optional<KnownResult> known_result(std::string_view name) const;
  /// The paths that it writes, then those that it reads.
  template <class Visit>
  void for_each_path(Visit&& visit) const {
    for (const UpdateAction& action : tree_.actions) visit(tree_.paths.view(action.path));
    for (const UpdateOperand& operand : tree_.operands)
      if (operand.path.count > 0) visit(tree_.paths.view(operand.path));
  }

  /// ReturnValues UPDATED_OLD (give the item before) and UPDATED_NEW (the item after): what the paths
  /// that were updated hold there.
  std::string updated_part(wire::ItemView item) const;

 private:
  UpdateTree tree_;
};

}  // namespace brume::dynamodb
