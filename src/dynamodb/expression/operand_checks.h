// What DynamoDB refuses in a condition's operands before it looks at any item: in expressions and PartiQL alike.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dynamodb/expression/ast.h"

namespace brume::dynamodb {

/// The texts leave the name of the parameter to the caller; nullopt if all is well. `name` is the operator or function
/// as the condition spells it.
using OperandError = std::optional<std::string>;

/// Operands of `op` that aren't distinct, or have a type it does not take, or bounds that nothing can lie between.
/// `valid_types` is how the language lists the names of the types.
OperandError operands_error(ConditionOp op, std::string_view name, std::span<const Operand> operands,
                            const PathPool& paths, std::string_view valid_types);

/// An operand that has no size.
OperandError size_error(const Operand& operand);

std::string operand_count_error(std::string_view name, std::uint32_t count);
std::string operand_type_error(std::string_view name, std::string_view type);
std::string needs_path_error(std::string_view function);

}  // namespace brume::dynamodb
