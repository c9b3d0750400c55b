// Running an update on a stored item: the values first, all from the item as it was; then one pass that
// writes the new item.
#include <algorithm>
#include <memory>
#include <unordered_set>

#include "base/error.h"
#include "dynamodb/expression/resolver.h"
#include "dynamodb/expression/update.h"
#include "wire/item_json.h"

namespace brume::dynamodb {
namespace {

using wire::ContainerBuilder;
using wire::Number;
using wire::NumberError;
using wire::ValueType;
using wire::ValueView;

constexpr std::string_view kMissing = "The provided expression refers to an attribute that does not exist in the item";
constexpr std::string_view kBadPath = "The document path provided in the update expression is invalid for update";
constexpr std::string_view kBadType = "An operand in the update expression has an incorrect data type";
constexpr std::string_view kLegacyBadType = "Type mismatch for attribute to update";
constexpr std::string_view kTooDeep =
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit";

[[noreturn]] void fail(std::string_view text) { throw AwsError(kValidationException, std::string(text)); }

/// What an action does at its path.
struct Edit {
  PathView path;
  std::optional<ValueView> value;  ///< nullopt: the path goes away
};
using Edits = std::span<const Edit>;

/// Levels of the lists and maps in `value`; 0 for other types.
int depth_of(ValueView value) {
  int deepest = 0;
  if (value.type() == ValueType::list)
    for (const wire::Element& element : value.list()) deepest = std::max(deepest, depth_of(element));
  else if (value.type() == ValueType::map)
    for (const wire::Attribute& entry : value.map()) deepest = std::max(deepest, depth_of(entry.value));
  else return 0;
  return deepest + 1;
}

/// Works out the edits. They refer to values that live as long as the planner.
class Planner {
 public:
  Planner(const UpdateTree& tree, wire::ItemView item, bool exists) : tree_(tree), item_(item), exists_(exists) {}

  std::vector<Edit> run() {
    // Errors in AWS's order: a parent of the wrong type, then operands of the wrong type, then section by
    // section from the last a path that can't be written and an attribute that isn't there, then numbers.
    for (const UpdateAction& action : tree_.actions)
      if (const auto parent = parent_of(action); parent && !takes(*parent, path_of(action).back())) fail(kBadPath);
    for (const UpdateAction& action : tree_.actions) plan(action);
    check_sections();
    if (number_error_) fail(number_error_text(*number_error_, {}));
    for (const Edit& edit : edits_)
      if (edit.value && static_cast<int>(edit.path.size()) + depth_of(*edit.value) > wire::kMaxNestingDepth)
        fail(kTooDeep);
    std::sort(edits_.begin(), edits_.end(), [](const Edit& a, const Edit& b) { return path_less(a.path, b.path); });
    return std::move(edits_);
  }

 private:
  PathView path_of(const UpdateAction& action) const { return tree_.paths.view(action.path); }

  std::optional<ValueView> parent_of(const UpdateAction& action) const {
    const PathView path = path_of(action);
    return path.size() > 1 ? find_path(item_, path.first(path.size() - 1)) : std::nullopt;
  }
  static bool takes(ValueView parent, const PathStep& step) {
    return parent.type() == (step.is_index() ? ValueType::list : ValueType::map);
  }

  void plan(const UpdateAction& action) {
    const PathView path = path_of(action);
    Edit edit{path, std::nullopt};
    bool missing = false;
    bool does_something = true;
    switch (action.kind) {
      case UpdateAction::Kind::set:
        edit.value = operand(action.left);
        missing = !edit.value;
        break;
      case UpdateAction::Kind::set_sum:
      case UpdateAction::Kind::set_difference:
        edit.value = sum(action);
        missing = !edit.value;
        break;
      case UpdateAction::Kind::remove: break;
      case UpdateAction::Kind::add: edit.value = added(find_path(item_, path), action.value); break;
      case UpdateAction::Kind::remove_members: {
        const auto now = find_path(item_, path);
        does_something = now.has_value();
        if (now) edit.value = without_members(*now, action.value);
        break;
      }
    }
    missing_.push_back(missing);
    if (does_something) edits_.push_back(edit);
  }

  void check_sections() const {
    std::uint32_t last = 0;
    for (const UpdateAction& action : tree_.actions) last = std::max(last, action.section);
    for (std::uint32_t section = last + 1; section-- > 0;) {
      for (const UpdateAction& action : tree_.actions) {
        // AWS lets a nested REMOVE pass where there is no item at all.
        if (action.section != section || (action.kind == UpdateAction::Kind::remove && !exists_)) continue;
        if (path_of(action).size() > 1 && !parent_of(action)) fail(kBadPath);
      }
      for (std::size_t i = 0; i < tree_.actions.size(); ++i)
        if (tree_.actions[i].section == section && missing_[i]) fail(kMissing);
    }
  }

  /// nullopt if an attribute that it needs isn't there.
  std::optional<ValueView> operand(std::uint32_t index) {
    const UpdateOperand& operand_here = tree_.operands[index];
    switch (operand_here.kind) {
      case UpdateOperand::Kind::value: return operand_here.value;
      case UpdateOperand::Kind::path: return find_path(item_, tree_.paths.view(operand_here.path));
      case UpdateOperand::Kind::if_not_exists:
        if (const auto there = find_path(item_, tree_.paths.view(operand_here.path))) return there;
        return operand(operand_here.first);
      case UpdateOperand::Kind::list_append: break;
    }
    const auto first = typed_operand(operand_here.first, ValueType::list);
    const auto second = typed_operand(operand_here.second, ValueType::list);
    if (!first || !second) return std::nullopt;
    std::string& out = scratch();
    ContainerBuilder list(out, ValueType::list);
    out.append(first->content()).append(second->content());
    list.finish();
    return ValueView(out);
  }

  std::optional<ValueView> typed_operand(std::uint32_t index, ValueType type) {
    const auto value = operand(index);
    if (value && value->type() != type) fail_type();
    return value;
  }

  std::optional<ValueView> sum(const UpdateAction& action) {
    const auto left = typed_operand(action.left, ValueType::number);
    const auto right = typed_operand(action.right, ValueType::number);
    if (!left || !right) return std::nullopt;
    return number(action.kind == UpdateAction::Kind::set_sum ? Number::add(left->number(), right->number())
                                                             : Number::subtract(left->number(), right->number()));
  }

  ValueView number(const std::variant<Number, NumberError>& result) {
    std::string& out = scratch();
    if (const auto* error = std::get_if<NumberError>(&result)) {
      // AWS calls a result of more than 38 digits an overflow too.
      number_error_ = *error == NumberError::too_many_digits ? NumberError::overflow : *error;
      append_number(out, Number());
    } else {
      append_number(out, std::get<Number>(result));
    }
    return ValueView(out);
  }

  ValueView added(std::optional<ValueView> now, ValueView value) {
    if (!now) return value;
    if (now->type() != value.type()) fail_type();
    if (value.type() == ValueType::number) return number(Number::add(now->number(), value.number()));
    const std::unordered_set<std::string_view> there(now->set().begin(), now->set().end());
    std::vector<std::string_view> members(now->set().begin(), now->set().end());
    for (const std::string_view member : value.set())
      if (!there.contains(member)) members.push_back(member);
    std::string& out = scratch();
    wire::append_set(out, value.type(), std::move(members));
    return ValueView(out);
  }

  /// nullopt if no member is left: a set can't be empty.
  std::optional<ValueView> without_members(ValueView now, ValueView value) {
    if (now.type() != value.type()) fail_type();
    const std::unordered_set<std::string_view> gone(value.set().begin(), value.set().end());
    std::string& out = scratch();
    ContainerBuilder set(out, value.type());
    for (const std::string_view member : now.set())
      if (!gone.contains(member)) append_member(out, value.type(), member);
    if (set.empty()) return std::nullopt;
    set.finish();
    return ValueView(out);
  }

  [[noreturn]] void fail_type() const { fail(tree_.legacy ? kLegacyBadType : kBadType); }

  std::string& scratch() { return *scratch_.emplace_back(std::make_unique<std::string>()); }

  const UpdateTree& tree_;
  wire::ItemView item_;
  bool exists_;
  std::vector<Edit> edits_;
  std::vector<bool> missing_;
  std::optional<NumberError> number_error_;
  std::vector<std::unique_ptr<std::string>> scratch_;
};

/// Writes an item with sorted edits applied. All edits of a call agree in their first `depth` steps.
class Rewriter {
 public:
  explicit Rewriter(std::string& out) : out_(out) {}

  void attributes(wire::MapView map, Edits edits, std::size_t depth) {
    std::vector<bool> met(edits.size());
    for (const wire::Attribute& attribute : map) {
      const auto found =
          std::lower_bound(edits.begin(), edits.end(), attribute.name,
                           [&](const Edit& edit, std::string_view name) { return edit.path[depth].name < name; });
      if (found == edits.end() || found->path[depth].name != attribute.name) {
        out_.append(attribute.stored);
        continue;
      }
      const auto first = static_cast<std::size_t>(found - edits.begin());
      met[first] = true;
      if (is_last(*found, depth)) {
        if (found->value) append_attribute(out_, attribute.name, *found->value);
        continue;
      }
      wire::append_name(out_, attribute.name);
      container(attribute.value, same_step(edits.subspan(first), depth), depth + 1);
    }
    for (std::size_t i = 0; i < edits.size(); ++i)
      if (!met[i] && is_last(edits[i], depth) && edits[i].value)
        append_attribute(out_, edits[i].path[depth].name, *edits[i].value);
  }

 private:
  void container(ValueView value, Edits edits, std::size_t depth) {
    ContainerBuilder builder(out_, value.type());
    if (value.type() == ValueType::list) elements(value.list(), edits, depth);
    else attributes(value.map(), edits, depth);
    builder.finish();
  }

  /// Indexes are those of the list as it was; what is set beyond its end follows in the order of the indexes.
  void elements(wire::ListView list, Edits edits, std::size_t depth) {
    std::uint32_t index = 0;
    for (const wire::Element& element : list) {
      if (edits.empty() || edits[0].path[depth].index != index) {
        ++index;
        append_value(out_, element);
        continue;
      }
      ++index;
      const Edits here = same_step(edits, depth);
      edits = edits.subspan(here.size());
      if (!is_last(here[0], depth)) container(element, here, depth + 1);
      else if (here[0].value) append_value(out_, *here[0].value);
    }
    for (const Edit& edit : edits)
      if (is_last(edit, depth) && edit.value) append_value(out_, *edit.value);
  }

  static bool is_last(const Edit& edit, std::size_t depth) { return edit.path.size() == depth + 1; }

  static Edits same_step(Edits edits, std::size_t depth) {
    std::size_t count = 1;
    while (count < edits.size() && edits[count].path[depth] == edits[0].path[depth]) ++count;
    return edits.first(count);
  }

  std::string& out_;
};

}  // namespace

std::string UpdateExpression::apply(wire::ItemView item, bool exists) const {
  Planner planner(tree_, item, exists);
  const std::vector<Edit> edits = planner.run();
  std::string out;
  std::size_t size = item.content().size() + 16;
  for (const Edit& edit : edits)
    if (edit.value) size += edit.value->stored().size() + 16;
  out.reserve(size);
  Rewriter(out).attributes(item, edits, 0);
  return out;
}

}  // namespace brume::dynamodb
