#include "dynamodb/expression/operand_checks.h"

#include "dynamodb/expression/resolver.h"

namespace brume::dynamodb {
namespace {

using wire::ValueType;
using wire::ValueView;

/// The type that an operand has whatever the item; nullopt for a path.
std::optional<ValueType> static_type(const Operand& operand) {
  switch (operand.kind) {
    case Operand::Kind::path: return std::nullopt;
    case Operand::Kind::value: return operand.value.type();
    default: return ValueType::number;
  }
}

bool is_ordered_type(ValueType type) { return type <= ValueType::binary; }

/// A value as AWS shows the bounds of BETWEEN.
std::string bound_text(ValueView value) {
  std::string text = "AttributeValue: {" + std::string(type_name(value.type())) + ":";
  if (value.type() == ValueType::number) {
    value.number().append_to(text);
  } else if (value.type() == ValueType::string) {
    text += value.text();
  } else {
    const std::string size = std::to_string(value.bytes().size());
    text += "java.nio.HeapByteBuffer[pos=0 lim=" + size + " cap=" + size + "]";
  }
  return text + "}";
}

OperandError indistinct_error(std::string_view name, std::span<const Operand> operands, const PathPool& paths) {
  if (operands[0].kind != Operand::Kind::path) return std::nullopt;
  const PathView first = paths.view(operands[0].path);
  for (const Operand& other : operands.subspan(1))
    if (other.kind == Operand::Kind::path && same_path(first, paths.view(other.path)))
      return "The first operand must be distinct from the remaining operands for this operator or function; "
             "operator: " +
             std::string(name) + ", first operand: " + path_text(first);
  return std::nullopt;
}

template <class Allowed>
OperandError type_error(std::string_view name, std::span<const Operand> operands, Allowed allowed) {
  for (const Operand& operand : operands)
    if (const auto type = static_type(operand); type && !allowed(*type))
      return operand_type_error(name, type_name(*type));
  return std::nullopt;
}

OperandError bounds_error(const Operand& lower, const Operand& upper) {
  if (lower.kind != Operand::Kind::value || upper.kind != Operand::Kind::value) return std::nullopt;
  const bool same = lower.value.type() == upper.value.type();
  if (same && *compare_values(lower.value, upper.value) <= 0) return std::nullopt;
  return "The BETWEEN operator requires " +
         std::string(same ? "upper bound to be greater than or equal to lower bound"
                          : "same data type for lower and upper bounds") +
         "; lower bound operand: " + bound_text(lower.value) + ", upper bound operand: " + bound_text(upper.value);
}

OperandError type_name_error(std::string_view name, const Operand& operand, std::string_view valid_types) {
  const auto type = static_type(operand);
  if (!type) return operand_type_error(name, "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}");
  if (*type != ValueType::string) return operand_type_error(name, type_name(*type));
  if (wire::type_from_name(operand.value.text())) return std::nullopt;
  return "Invalid attribute type name found; type: " + std::string(operand.value.text()) +
         ", valid types: " + std::string(valid_types);
}

}  // namespace

std::string operand_count_error(std::string_view name, std::uint32_t count) {
  return "Incorrect number of operands for operator or function; operator or function: " + std::string(name) +
         ", number of operands: " + std::to_string(count);
}

std::string operand_type_error(std::string_view name, std::string_view type) {
  return "Incorrect operand type for operator or function; operator or function: " + std::string(name) +
         ", operand type: " + std::string(type);
}

std::string needs_path_error(std::string_view function) {
  return "Operator or function requires a document path; operator or function: " + std::string(function);
}

OperandError operands_error(ConditionOp op, std::string_view name, std::span<const Operand> operands,
                            const PathPool& paths, std::string_view valid_types) {
  if (auto error = indistinct_error(name, operands, paths)) return error;
  switch (op) {
    case ConditionOp::less:
    case ConditionOp::less_equal:
    case ConditionOp::greater:
    case ConditionOp::greater_equal: return type_error(name, operands, is_ordered_type);
    case ConditionOp::between:
      if (auto error = type_error(name, operands, is_ordered_type)) return error;
      return bounds_error(operands[1], operands[2]);
    case ConditionOp::attribute_exists:
    case ConditionOp::attribute_not_exists:
    case ConditionOp::attribute_type:
      if (operands[0].kind != Operand::Kind::path) return needs_path_error(name);
      return op == ConditionOp::attribute_type ? type_name_error(name, operands[1], valid_types) : std::nullopt;
    case ConditionOp::begins_with:
      return type_error(name, operands,
                        [](ValueType type) { return type == ValueType::string || type == ValueType::binary; });
    default: return std::nullopt;
  }
}

OperandError size_error(const Operand& operand) {
  return type_error("size", std::span(&operand, 1), [](ValueType type) {
    return type != ValueType::number && type != ValueType::boolean && type != ValueType::null;
  });
}

}  // namespace brume::dynamodb
