// What a PartiQL statement says: the parser's output. Private to dynamodb/.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dynamodb/expression/ast.h"

namespace brume::dynamodb::partiql {

using NodeIndex = std::uint32_t;

struct Node {
  enum class Kind : std::uint8_t {
    string,      ///< text: decoded
    number,      ///< text: with its sign
    boolean,     ///< text: "true" or "false"
    null,
    missing,
    parameter,   ///< first: its position, from 0
    path,        ///< first, count: into Statement::steps
    list,        ///< children
    bag,         ///< children
    map,         ///< children: name, value, name, value…
    call,        ///< text: lower-case name; children: arguments
    exists,      ///< EXISTS(SELECT…): the statement's own where and table hold the SELECT
    add,
    subtract,
    compare,     ///< op; text: as written
    between,     ///< three children
    in,          ///< the operand, the list
    is_null,
    is_missing,
    is_type,     ///< text: PartiQL's name of a type, in upper case if it is a keyword
    like,
    and_,
    or_,
    not_,
  };
  Kind kind = Kind::null;
  bool negated = false;  ///< IS NOT, NOT IN, NOT BETWEEN, NOT LIKE
  ConditionOp op = ConditionOp::equal;
  std::string_view text = {};
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  std::uint32_t begin = 0;  ///< the token that stands for it in the text
  std::uint32_t end = 0;
};

/// One SET or REMOVE.
struct Change {
  bool remove = false;
  NodeIndex path = 0;
  NodeIndex value = 0;        ///< SET
  std::uint32_t section = 0;  ///< counts the words SET and REMOVE
};

struct OrderTerm {
  NodeIndex path = 0;
  bool descending = false;
};

enum class StatementKind : std::uint8_t { select, insert, update, erase, exists };
enum class Returning : std::uint8_t { none, all_old, modified_old, all_new, modified_new };

/// Refers to the text it was parsed from and to itself: it stays where it is.
struct Statement {
  Statement() = default;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  std::string_view text = {};
  StatementKind kind = StatementKind::select;
  std::string_view table;
  std::optional<std::string_view> index;
  std::vector<NodeIndex> columns;     ///< SELECT; empty for *
  std::optional<NodeIndex> where;
  std::vector<OrderTerm> order;
  std::optional<NodeIndex> item;      ///< INSERT
  std::vector<Change> changes;        ///< UPDATE
  Returning returning = Returning::none;
  std::uint32_t parameters = 0;       ///< how many ? it has

  std::vector<Node> nodes;
  std::vector<NodeIndex> children;
  std::vector<PathStep> steps;
  std::deque<std::string> decoded;    ///< texts that are not as in `text`

  const Node& child(const Node& node, std::uint32_t i) const { return nodes[children[node.first + i]]; }
  PathView path(const Node& node) const { return PathView(steps).subspan(node.first, node.count); }
  /// " at <line>:<column>:<length>", counted in characters from 1: how AWS says where.
  std::string position(const Node& node) const;

  bool is_read() const { return kind == StatementKind::select; }
};

}  // namespace brume::dynamodb::partiql
