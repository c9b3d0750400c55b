#include <algorithm>

#include "service/shape.h"

namespace brume::service {

const OperationShape* ServiceModel::operation(std::string_view operation_name) const {
  const auto at = std::ranges::lower_bound(operations, operation_name, {}, &OperationShape::name);
  return at != operations.end() && at->name == operation_name ? &*at : nullptr;
}

const ErrorShape* ServiceModel::error(std::string_view error_name) const {
  const auto at = std::ranges::lower_bound(errors, error_name, {}, &ErrorShape::shape);
  if (at != errors.end() && at->shape == error_name) return &*at;
  // Services of the query protocol throw by code ("NoSuchEntity"), whose shape has another name.
  const auto by_code = std::ranges::find(errors, error_name, &ErrorShape::code);
  return by_code == errors.end() ? nullptr : &*by_code;
}

}  // namespace brume::service
