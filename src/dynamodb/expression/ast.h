// The trees that expressions parse to: flat vectors of small records that refer to each other by index.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/item.h"

namespace brume::dynamodb {

/// One step of a document path: an attribute or map entry by name, or a list element by index.
struct PathStep {
  static constexpr std::uint32_t kNoIndex = std::numeric_limits<std::uint32_t>::max();
  std::string_view name;           ///< resolved, if index == kNoIndex
  std::uint32_t index = kNoIndex;

  bool is_index() const { return index != kNoIndex; }
  bool operator==(const PathStep& other) const = default;
};

using PathView = std::span<const PathStep>;  ///< never empty; the first step is a name

/// A path within a PathPool.
struct PathRef {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

/// The steps of all paths of one expression.
struct PathPool {
  std::vector<PathStep> steps;
  PathView view(PathRef path) const { return PathView(steps).subspan(path.first, path.count); }
};

/// As AWS prints a path in errors: "[a, [1], b]".
std::string path_text(PathView path);

/// The value at `path`; nullopt if a step is absent or meets another type.
std::optional<wire::ValueView> find_path(wire::ItemView item, PathView path);

/// An operand of a condition: a path, a value, or size(path).
struct Operand {
  enum class Kind : std::uint8_t { path, value, size_of_path, size_of_value };
  Kind kind = Kind::value;
  PathRef path;
  wire::ValueView value;
};

enum class ConditionOp : std::uint8_t {
  and_,
  or_,
  not_,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  between,
  in,
  attribute_exists,
  attribute_not_exists,
  attribute_type,
  begins_with,
  contains,
};

/// The operator with its operands changed over: ":v < a" says "a > :v".
ConditionOp mirrored(ConditionOp op);

/// A node of a condition. Children come before their parents, the root is last.
struct ConditionNode {
  ConditionOp op = ConditionOp::and_;
  std::uint32_t left = 0;   ///< and, or, not: index of a node; otherwise the first operand's index
  std::uint32_t right = 0;  ///< and, or: index of a node; otherwise how many operands
};

struct ConditionTree {
  PathPool paths;
  std::vector<Operand> operands;
  std::vector<ConditionNode> nodes;
};

}  // namespace brume::dynamodb
