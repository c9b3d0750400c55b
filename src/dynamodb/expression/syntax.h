// What an expression says, before names and values are looked up: the parser's output, the checks' input.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "dynamodb/expression/ast.h"

namespace brume::dynamodb {

struct SyntaxNode {
  enum class Kind : std::uint8_t {
    path,        ///< steps
    value,       ///< text: ":v"
    call,        ///< text: the function's name; children: arguments
    compare,     ///< op; two children
    between,     ///< three children
    in,          ///< the operand, then the list
    logic,       ///< op: and_, or_ (two children), not_ (one)
    arithmetic,  ///< text: "+" or "-"; two children
  };
  Kind kind = Kind::path;
  bool parenthesized = false;
  ConditionOp op = ConditionOp::and_;
  std::string_view text;
  std::uint32_t first = 0;  ///< path: into steps; others: into children
  std::uint32_t count = 0;

  /// A path, value or call that no operator has been applied to.
  bool is_operand() const { return kind <= Kind::call; }
};

/// One step as it is written.
struct SyntaxStep {
  enum class Kind : std::uint8_t { name, placeholder, index };
  Kind kind = Kind::name;
  std::string_view text;
};

using NodeIndex = std::uint32_t;

struct SyntaxAction {
  enum class Kind : std::uint8_t { set, remove, add, remove_members };
  Kind kind = Kind::set;
  std::uint32_t section = 0;  ///< which section of the text it stands in, counted from 0
  NodeIndex path = 0;
  NodeIndex value = 0;        ///< not for remove
};

struct Syntax {
  std::vector<SyntaxNode> nodes;
  std::vector<NodeIndex> children;
  std::vector<SyntaxStep> steps;
  NodeIndex root = 0;                  ///< conditions
  std::vector<SyntaxAction> actions;   ///< updates
  std::vector<NodeIndex> paths;        ///< projections
  std::uint32_t operators = 0;         ///< operators and functions that were written

  const SyntaxNode& child(const SyntaxNode& node, std::uint32_t i) const { return nodes[children[node.first + i]]; }
};

}  // namespace brume::dynamodb
