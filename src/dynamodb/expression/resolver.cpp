#include "dynamodb/expression/resolver.h"

#include <algorithm>
#include <charconv>

#include "dynamodb/expression/reserved_words.h"

namespace brume::dynamodb {
namespace {

constexpr std::size_t kMaxPathSteps = 32;
constexpr std::uint32_t kMaxIndex = 2147483647;

bool step_less(const PathStep& a, const PathStep& b) {
  if (a.is_index() != b.is_index()) return a.is_index();
  return a.is_index() ? a.index < b.index : a.name < b.name;
}

enum class Clash { none, overlap, conflict };

Clash clash_of(PathView a, PathView b) {
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (a[i].is_index() != b[i].is_index()) return Clash::conflict;
    if (!(a[i] == b[i])) return Clash::none;
  }
  return Clash::overlap;
}

}  // namespace

bool path_less(PathView a, PathView b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), step_less);
}

bool same_path(PathView a, PathView b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

std::optional<std::string> clash_error(PathView one, PathView two) {
  const Clash clash = clash_of(one, two);
  if (clash == Clash::none) return std::nullopt;
  return std::string("Two document paths ") + (clash == Clash::overlap ? "overlap" : "conflict") +
         " with each other; must remove or rewrite one of these paths; path one: " + path_text(one) +
         ", path two: " + path_text(two);
}

void Resolver::check_words(const SyntaxNode& path) const {
  for (std::uint32_t i = 0; i < path.count; ++i) {
    const SyntaxStep& step = syntax_.steps[path.first + i];
    if (step.kind == SyntaxStep::Kind::name && is_reserved_word(step.text))
      fail("Attribute name is a reserved keyword; reserved keyword: " + std::string(step.text));
    if (step.kind == SyntaxStep::Kind::index) {
      std::uint32_t index = 0;
      const auto [end, error] = std::from_chars(step.text.data(), step.text.data() + step.text.size(), index);
      if (error != std::errc() || index > kMaxIndex)
        fail("List index is not within the allowable range; index: [" + std::string(step.text) + "]");
    }
  }
}

void Resolver::check_operator_count() const {
  if (syntax_.operators > kMaxOperators)
    fail("The expression contains too many operators; operator count: " + std::to_string(kMaxOperators + 1));
}

std::string_view Resolver::name_of(const SyntaxStep& step) const {
  if (step.kind == SyntaxStep::Kind::name) return step.text;
  const auto name = context_.use_name(step.text);
  if (!name)
    fail("An expression attribute name used in the document path is not defined; attribute name: " +
         std::string(step.text));
  return *name;
}

void Resolver::check_names(const SyntaxNode& node) const {
  if (node.kind == SyntaxNode::Kind::path) {
    for (std::uint32_t i = 0; i < node.count; ++i)
      if (syntax_.steps[node.first + i].kind == SyntaxStep::Kind::placeholder) name_of(syntax_.steps[node.first + i]);
  } else if (node.kind != SyntaxNode::Kind::value) {
    for (std::uint32_t i = 0; i < node.count; ++i) check_names(syntax_.child(node, i));
  }
}

void Resolver::check_names_and_values(const SyntaxNode& node) const {
  if (node.kind == SyntaxNode::Kind::path) {
    check_names(node);
  } else if (node.kind == SyntaxNode::Kind::value) {
    value(node);
  } else {
    for (std::uint32_t i = 0; i < node.count; ++i) check_names_and_values(syntax_.child(node, i));
  }
}

PathRef Resolver::path(const SyntaxNode& node, PathPool& pool) const {
  const PathRef ref{static_cast<std::uint32_t>(pool.steps.size()), node.count};
  for (std::uint32_t i = 0; i < node.count; ++i) {
    const SyntaxStep& step = syntax_.steps[node.first + i];
    PathStep resolved;
    if (step.kind == SyntaxStep::Kind::index)
      std::from_chars(step.text.data(), step.text.data() + step.text.size(), resolved.index);
    else resolved.name = name_of(step);
    pool.steps.push_back(resolved);
  }
  if (node.count > kMaxPathSteps)
    fail("The document path has too many nesting levels; nesting levels: " + std::to_string(node.count));
  return ref;
}

wire::ValueView Resolver::value(const SyntaxNode& node) const {
  const auto value = context_.use_value(node.text);
  if (!value)
    fail("An expression attribute value used in expression is not defined; attribute value: " + std::string(node.text));
  return *value;
}

void Resolver::check_overlaps(const PathPool& pool, std::span<const PathRef> paths) const {
  // Paths that clash have one with which they clash as their neighbour once they are sorted.
  std::vector<PathRef> sorted(paths.begin(), paths.end());
  std::sort(sorted.begin(), sorted.end(), [&](PathRef a, PathRef b) { return path_less(pool.view(a), pool.view(b)); });
  const auto clashing = std::adjacent_find(sorted.begin(), sorted.end(), [&](PathRef a, PathRef b) {
    return clash_of(pool.view(a), pool.view(b)) != Clash::none;
  });
  if (clashing == sorted.end()) return;
  // AWS names the pair that it meets first, and it looks at the newest path first.
  for (std::size_t i = paths.size(); i-- > 1;) {
    for (std::size_t k = i; k-- > 0;) {
      if (const auto error = clash_error(pool.view(paths[k]), pool.view(paths[i]))) fail(*error);
    }
  }
}

}  // namespace brume::dynamodb
