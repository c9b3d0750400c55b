#include "dynamodb/expression/ast.h"

namespace brume::dynamodb {

std::string path_text(PathView path) {
  std::string text = "[";
  for (const PathStep& step : path) {
    if (text.size() > 1) text += ", ";
    if (step.is_index()) text += "[" + std::to_string(step.index) + "]";
    else text += step.name;
  }
  return text + "]";
}

std::optional<wire::ValueView> find_path(wire::ItemView item, PathView path) {
  std::optional<wire::ValueView> value = item.find(path[0].name);
  for (std::size_t i = 1; i < path.size() && value; ++i) {
    const PathStep& step = path[i];
    if (step.is_index()) {
      if (value->type() != wire::ValueType::list) return std::nullopt;
      value = value->list().at(step.index);
    } else {
      if (value->type() != wire::ValueType::map) return std::nullopt;
      value = value->map().find(step.name);
    }
  }
  return value;
}

ConditionOp mirrored(ConditionOp op) {
  switch (op) {
    case ConditionOp::less: return ConditionOp::greater;
    case ConditionOp::less_equal: return ConditionOp::greater_equal;
    case ConditionOp::greater: return ConditionOp::less;
    case ConditionOp::greater_equal: return ConditionOp::less_equal;
    default: return op;
  }
}

}  // namespace brume::dynamodb
