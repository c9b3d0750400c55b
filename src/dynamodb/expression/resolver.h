// From Syntax to paths and values: what the checks of all kinds of expressions share.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dynamodb/expression/ast.h"
#include "dynamodb/expression/context.h"
#include "dynamodb/expression/parser.h"

namespace brume::dynamodb {

/// Every member throws AwsError(kValidationException, "Invalid <parameter>: …").
class Resolver {
 public:
  Resolver(std::string_view parameter, const Syntax& syntax, ExpressionContext& context)
      : parameter_(parameter), syntax_(syntax), context_(context) {}

  [[noreturn]] void fail(std::string_view text) const { fail_expression(parameter_, text); }

  /// Needs no names or values: reserved words and list indexes out of range.
  void check_words(const SyntaxNode& path) const;
  void check_operator_count() const;

  /// All #names (and :values) below `node` are defined. Marks nothing but what it finds as used.
  void check_names(const SyntaxNode& node) const;
  void check_names_and_values(const SyntaxNode& node) const;

  PathRef path(const SyntaxNode& node, PathPool& pool) const;
  wire::ValueView value(const SyntaxNode& node) const;

  /// No path is another or lies within another, and none uses as a list what another uses as a map.
  void check_overlaps(const PathPool& pool, std::span<const PathRef> paths) const;

 private:
  std::string_view name_of(const SyntaxStep& step) const;

  std::string_view parameter_;
  const Syntax& syntax_;
  ExpressionContext& context_;
};

/// Order of paths in which those with a common beginning stand together: indexes before names.
bool path_less(PathView a, PathView b);
bool same_path(PathView a, PathView b);

/// What AWS says of two paths of which one is the other or lies within it, or that use one value as a list and as a
/// map; nullopt if they can stand together.
std::optional<std::string> clash_error(PathView one, PathView two);

}  // namespace brume::dynamodb
