#include "dynamodb/partiql/item_key_of.h"

#include "dynamodb/request/errors.h"

namespace brume::dynamodb::partiql {
namespace {

/// Nodes that are joined by AND alone, in the order of the text.
void collect(const ConditionTree& tree, std::uint32_t index, std::vector<std::uint32_t>& out) {
  const ConditionNode& node = tree.nodes[index];
  if (node.op != ConditionOp::and_) {
    out.push_back(index);
    return;
  }
  collect(tree, node.left, out);
  collect(tree, node.right, out);
}

struct Equality {
  std::string_view attribute;
  wire::ValueView value;
};

std::optional<Equality> equality_of(const ConditionTree& tree, const ConditionNode& node, bool takes_in) {
  if (node.op != ConditionOp::equal && !(takes_in && node.op == ConditionOp::in)) return std::nullopt;
  if (node.right != 2) return std::nullopt;
  const Operand* path = &tree.operands[node.left];
  const Operand* value = path + 1;
  if (node.op == ConditionOp::equal && path->kind == Operand::Kind::value) std::swap(path, value);
  if (path->kind != Operand::Kind::path || value->kind != Operand::Kind::value || path->path.count != 1)
    return std::nullopt;
  return Equality{tree.paths.view(path->path)[0].name, value->value};
}

}  // namespace

NamedKey find_key(const ConditionTree& where, const Table& table, bool takes_in) {
  NamedKey out;
  std::vector<std::uint32_t> joined;
  if (!where.nodes.empty()) collect(where, static_cast<std::uint32_t>(where.nodes.size() - 1), joined);
  for (const std::uint32_t index : joined) {
    const auto equality = equality_of(where, where.nodes[index], takes_in);
    if (!equality || !table.is_key(equality->attribute)) continue;
    const auto before = wire::ItemView(out.key).find(equality->attribute);
    if (!before) {
      wire::append_attribute(out.key, equality->attribute, equality->value);
    } else if (!values_equal(*before, equality->value)) {
      if (out.conflict.empty()) out.conflict = equality->attribute;
      continue;
    }
    out.leaves.push_back(index);
  }
  out.complete = wire::ItemView(out.key).size() == (table.sort_key ? 2u : 1u);
  out.nothing_else = out.leaves.size() == joined.size();
  return out;
}

void check_key_types(const Table& table, const NamedKey& key) {
  auto check = [&](const AttributeDefinition& attribute) {
    if (const auto value = wire::ItemView(key.key).find(attribute.name); value && value->type() != attribute.type)
      throw_validation("Key attribute's data type should match its data type in table's schema: Key " + attribute.name);
  };
  check(table.partition_key);
  if (table.sort_key) check(*table.sort_key);
}

}  // namespace brume::dynamodb::partiql
