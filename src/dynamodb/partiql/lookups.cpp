#include "dynamodb/partiql/lookups.h"

#include <algorithm>

#include "dynamodb/request/errors.h"
#include "wire/key_encoding.h"

namespace brume::dynamodb::partiql {
namespace {

using wire::ValueType;
using wire::ValueView;

/// A condition on the sort key: every one is a range.
struct SortTest {
  ConditionOp op = ConditionOp::equal;
  ValueView value;
  ValueView upper;  ///< between
};

/// One side of the ORs that the WHERE is made of.
struct Branch {
  std::vector<ValueView> partitions;  ///< what the partition key must equal, all of them
  std::vector<SortTest> sorts;
  std::vector<std::uint32_t> others;  ///< nodes
  bool negates_sort = false;          ///< one of the others excludes sort keys: NOT sk = …, sk <> …
};
using Branches = std::vector<Branch>;

const AttributeDefinition& partition_key_of(const ReadTarget& target) { return target.partition_keys()[0]; }
/// Null if there is none.
const AttributeDefinition* sort_key_of(const ReadTarget& target) {
  return target.sort_keys().empty() ? nullptr : &target.sort_keys()[0];
}

[[noreturn]] void throw_too_many() { throw_validation("Too many decomposed read operations for a given query."); }

bool is_range_op(ConditionOp op) {
  switch (op) {
    case ConditionOp::equal:
    case ConditionOp::less:
    case ConditionOp::less_equal:
    case ConditionOp::greater:
    case ConditionOp::greater_equal:
    case ConditionOp::between:
    case ConditionOp::begins_with: return true;
    default: return false;
  }
}

class Decomposer {
 public:
  Decomposer(const ConditionTree& tree, const ReadTarget& target) : tree_(tree), target_(target) {}

  /// Does everything below `index` fix the partition key?
  bool is_keyed(std::uint32_t index) const {
    const ConditionNode& node = tree_.nodes[index];
    if (node.op == ConditionOp::and_) return is_keyed(node.left) || is_keyed(node.right);
    if (node.op == ConditionOp::or_) return is_keyed(node.left) && is_keyed(node.right);
    const bool equality = node.op == ConditionOp::equal || node.op == ConditionOp::in;
    return equality && tested_key(node) == &partition_key_of(target_);
  }

  Branches expand(std::uint32_t index) const {
    const ConditionNode& node = tree_.nodes[index];
    if (node.op == ConditionOp::and_) return product(expand(node.left), expand(node.right));
    if (node.op == ConditionOp::or_ && mentions_key(index)) {
      Branches out = expand(node.left);
      for (Branch& branch : expand(node.right)) out.push_back(std::move(branch));
      check_count(out.size());
      return out;
    }
    const AttributeDefinition* key = node.op == ConditionOp::or_ || node.op == ConditionOp::not_ ? nullptr
                                                                                                 : tested_key(node);
    if (key == &partition_key_of(target_) && node.op == ConditionOp::equal)
      return {{.partitions = {value_of(node)}, .sorts = {}, .others = {}, .negates_sort = false}};
    if (key != nullptr && node.op == ConditionOp::in) return alternatives(node, key);
    if (key != nullptr && key == sort_key_of(target_) && is_range_op(node.op))
      return {{.partitions = {}, .sorts = {sort_test(node)}, .others = {}, .negates_sort = false}};
    const bool negates = node.op == ConditionOp::not_ || node.op == ConditionOp::not_equal;
    return {{.partitions = {}, .sorts = {}, .others = {index}, .negates_sort = negates && mentions_sort_key(index)}};
  }

  void attributes_below(std::uint32_t index, std::vector<std::string_view>& out) const {
    const ConditionNode& node = tree_.nodes[index];
    switch (node.op) {
      case ConditionOp::and_:
      case ConditionOp::or_:
        attributes_below(node.left, out);
        attributes_below(node.right, out);
        return;
      case ConditionOp::not_: attributes_below(node.left, out); return;
      default: break;
    }
    for (std::uint32_t i = 0; i < node.right; ++i)
      if (const Operand& operand = tree_.operands[node.left + i]; operand.path.count > 0)
        out.push_back(tree_.paths.view(operand.path)[0].name);
  }

 private:
  static void check_count(std::size_t branches) {
    constexpr std::size_t kFarTooMany = 2000;
    if (branches > kFarTooMany) throw_too_many();
  }

  static Branches product(const Branches& left, const Branches& right) {
    check_count(left.size() * right.size());
    Branches out;
    for (const Branch& a : left) {
      for (const Branch& b : right) {
        Branch& both = out.emplace_back(a);
        both.partitions.insert(both.partitions.end(), b.partitions.begin(), b.partitions.end());
        both.sorts.insert(both.sorts.end(), b.sorts.begin(), b.sorts.end());
        both.others.insert(both.others.end(), b.others.begin(), b.others.end());
        both.negates_sort = a.negates_sort || b.negates_sort;
      }
    }
    return out;
  }

  /// The key attribute that a condition compares with values alone; null for any other condition.
  const AttributeDefinition* tested_key(const ConditionNode& node) const {
    const AttributeDefinition* key = nullptr;
    for (std::uint32_t i = 0; i < node.right; ++i) {
      const Operand& operand = tree_.operands[node.left + i];
      if (operand.kind == Operand::Kind::value) continue;
      if (key != nullptr || operand.kind != Operand::Kind::path || operand.path.count != 1) return nullptr;
      if (i > 0 && !is_comparison(node.op)) return nullptr;
      const std::string_view name = tree_.paths.view(operand.path)[0].name;
      if (name == partition_key_of(target_).name) key = &partition_key_of(target_);
      else if (sort_key_of(target_) && name == sort_key_of(target_)->name) key = sort_key_of(target_);
      else return nullptr;
    }
    return key;
  }

  static bool is_comparison(ConditionOp op) { return op >= ConditionOp::equal && op <= ConditionOp::greater_equal; }

  bool mentions_key(std::uint32_t index) const {
    std::vector<std::string_view> names;
    attributes_below(index, names);
    return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
      return name == partition_key_of(target_).name || (sort_key_of(target_) && name == sort_key_of(target_)->name);
    });
  }

  bool mentions_sort_key(std::uint32_t index) const {
    std::vector<std::string_view> names;
    attributes_below(index, names);
    return sort_key_of(target_) && std::find(names.begin(), names.end(), sort_key_of(target_)->name) != names.end();
  }

  bool path_first(const ConditionNode& node) const { return tree_.operands[node.left].kind == Operand::Kind::path; }
  ValueView value_of(const ConditionNode& node) const {
    return tree_.operands[node.left + (path_first(node) ? 1 : 0)].value;
  }

  SortTest sort_test(const ConditionNode& node) const {
    SortTest test{path_first(node) ? node.op : mirrored(node.op), value_of(node), {}};
    if (node.op == ConditionOp::between) test.upper = tree_.operands[node.left + 2].value;
    return test;
  }

  Branches alternatives(const ConditionNode& node, const AttributeDefinition* key) const {
    Branches out;
    for (std::uint32_t i = 1; i < node.right; ++i) {
      const ValueView value = tree_.operands[node.left + i].value;
      Branch& branch = out.emplace_back();
      if (key == &partition_key_of(target_)) branch.partitions.push_back(value);
      else branch.sorts.push_back({ConditionOp::equal, value, {}});
    }
    return out;
  }

  const ConditionTree& tree_;
  const ReadTarget& target_;
};

store::Range range_of(const std::string& partition, const SortTest& test) {
  auto key_of = [&](ValueView value) {
    std::string key = partition;
    wire::append_key(key, value);
    return key;
  };
  const std::string end = wire::after_prefix(partition);
  switch (test.op) {
    case ConditionOp::equal: return store::Range::of_prefix(key_of(test.value));
    case ConditionOp::less: return {partition, key_of(test.value)};
    case ConditionOp::less_equal: return {partition, wire::after_prefix(key_of(test.value))};
    case ConditionOp::greater: return {wire::after_prefix(key_of(test.value)), end};
    case ConditionOp::greater_equal: return {key_of(test.value), end};
    case ConditionOp::between: return {key_of(test.value), wire::after_prefix(key_of(test.upper))};
    default: break;
  }
  std::string prefix = partition;
  wire::append_key_prefix(prefix, test.value.content());
  return store::Range::of_prefix(prefix);
}

void check_type(const AttributeDefinition& attribute, ValueView value) {
  if (value.type() != attribute.type)
    throw_validation("Key attribute's data type should match its data type in table's schema: Key " + attribute.name);
  if (value.type() == ValueType::number || !value.content().empty()) return;
  throw_validation(
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty " +
      std::string(value.type() == ValueType::string ? "string" : "binary") + " value. Key: " + attribute.name);
}

bool fits_types(const Branch& branch, const ReadTarget& target, bool check) {
  bool fits = true;
  auto look = [&](const AttributeDefinition& attribute, ValueView value) {
    if (check) check_type(attribute, value);
    fits = fits && value.type() == attribute.type;
  };
  for (const ValueView value : branch.partitions) look(partition_key_of(target), value);
  for (const SortTest& test : branch.sorts) {
    // An empty prefix is no key value.
    if (test.op == ConditionOp::begins_with && test.value.type() == sort_key_of(target)->type) continue;
    look(*sort_key_of(target), test.value);
    if (test.op == ConditionOp::between) look(*sort_key_of(target), test.upper);
  }
  return fits;
}

/// False if no item can be in the branch.
bool make_lookup(const Branch& branch, const ReadTarget& target, Lookup& lookup) {
  lookup.partition = branch.partitions[0];
  for (const ValueView value : branch.partitions)
    if (!values_equal(value, lookup.partition)) return false;
  const std::string partition = target.partition_prefix({lookup.partition});
  lookup.range = store::Range::of_prefix(partition);
  for (const SortTest& test : branch.sorts) {
    const store::Range range = range_of(partition, test);
    lookup.range.begin = std::max(lookup.range.begin, range.begin);
    lookup.range.end = std::min(lookup.range.end, range.end);
  }
  return lookup.range.begin < lookup.range.end;
}

bool overlap(const store::Range& a, const store::Range& b) { return a.begin < b.end && b.begin < a.end; }

/// AWS refuses overlapping branches, but for those that exclude sort keys: of these the union is read.
class ReadList {
 public:
  void add(Lookup lookup, bool may_overlap) {
    for (std::size_t i = reads_.size(); i-- > 0;) {
      if (!overlap(reads_[i].lookup.range, lookup.range)) continue;
      if (!may_overlap && !reads_[i].may_overlap)
        throw_validation("Overlapping conditions with range keys are not supported in where clause");
      Lookup& other = reads_[i].lookup;
      lookup.range = {std::min(lookup.range.begin, other.range.begin), std::max(lookup.range.end, other.range.end)};
      lookup.filtered.insert(lookup.filtered.end(), other.filtered.begin(), other.filtered.end());
      may_overlap = true;
      reads_.erase(reads_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    reads_.push_back({std::move(lookup), may_overlap});
  }

  std::vector<Lookup> take() {
    std::vector<Lookup> out;
    for (Read& read : reads_) out.push_back(std::move(read.lookup));
    return out;
  }

 private:
  struct Read {
    Lookup lookup;
    bool may_overlap = false;
  };
  std::vector<Read> reads_;
};

}  // namespace

Lookups find_lookups(const ConditionTree& where, const ReadTarget& target, bool check_types) {
  Lookups out;
  if (where.nodes.empty()) return out;
  const auto root = static_cast<std::uint32_t>(where.nodes.size() - 1);
  const Decomposer decomposer(where, target);
  if (!decomposer.is_keyed(root)) return out;
  out.keyed = true;
  const Branches branches = decomposer.expand(root);
  if (branches.size() > kMaxLookups) throw_too_many();
  ReadList reads;
  for (const Branch& branch : branches) {
    if (!fits_types(branch, target, check_types)) continue;
    Lookup lookup;
    if (!make_lookup(branch, target, lookup)) continue;
    for (const std::uint32_t other : branch.others) decomposer.attributes_below(other, lookup.filtered);
    reads.add(std::move(lookup), branch.negates_sort);
  }
  out.reads = reads.take();
  return out;
}

store::Direction apply_order(const Statement& statement, const ReadTarget& target, Lookups& lookups) {
  const OrderTerm* by_partition = nullptr;
  const OrderTerm* by_sort = nullptr;
  for (const OrderTerm& term : statement.order) {
    const PathView path = statement.path(statement.nodes[term.path]);
    if (path.size() == 1 && path[0].name == partition_key_of(target).name) by_partition = &term;
    else if (path.size() == 1 && sort_key_of(target) && path[0].name == sort_key_of(target)->name) by_sort = &term;
    else
      throw_validation("Attribute " + std::string(path.back().name) +
                       " in ORDER BY clause must be part of the primary key");
  }
  if (!statement.order.empty()) {
    if (!statement.where) throw_validation("Must have WHERE clause in the statement when using ORDER BY clause.");
    if (!lookups.keyed)
      throw_validation(
          "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.");
    for (const Lookup& lookup : lookups.reads)
      if (!by_partition && !values_equal(lookup.partition, lookups.reads[0].partition))
        throw_validation(
            "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause.");
  }
  // Measured on AWS: with the partition key alone in ORDER BY, whatever its direction, the sort keys descend.
  const bool backward = by_sort ? by_sort->descending : by_partition != nullptr;
  const auto rank = [&](const Lookup& lookup) {  // partitions in the order in which the statement names them
    std::size_t i = 0;
    while (!values_equal(lookups.reads[i].partition, lookup.partition)) ++i;
    return i;
  };
  std::vector<std::pair<std::size_t, Lookup>> ranked;
  for (const Lookup& lookup : lookups.reads) ranked.emplace_back(rank(lookup), lookup);
  std::stable_sort(ranked.begin(), ranked.end(), [&](const auto& a, const auto& b) {
    if (a.first != b.first) {
      if (!by_partition) return a.first < b.first;
      const auto order = compare_values(a.second.partition, b.second.partition);
      return by_partition->descending ? *order > 0 : *order < 0;
    }
    return backward ? a.second.range.begin > b.second.range.begin : a.second.range.begin < b.second.range.begin;
  });
  for (std::size_t i = 0; i < ranked.size(); ++i) lookups.reads[i] = std::move(ranked[i].second);
  return backward ? store::Direction::backward : store::Direction::forward;
}

}  // namespace brume::dynamodb::partiql
