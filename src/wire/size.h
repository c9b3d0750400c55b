// Sizes as AWS bills them, computed on the stored form.
// Source: "DynamoDB item sizes and formats", Amazon DynamoDB Developer Guide.
#pragma once

#include <cstddef>
#include <string_view>

#include "wire/item.h"

namespace brume::wire {

/// Largest item: names and values together. The caller checks it.
inline constexpr std::size_t kMaxItemBytes = 400 * 1024;

/// String and binary: bytes; number: about digits/2 + 1 (+1 if negative); BOOL and NULL: 1;
/// list and map: 3, 1 for each element, and the elements (a map's with their names); set: its members.
std::size_t value_size(ValueView value);
/// UTF-8 bytes of all names, and the values.
std::size_t item_size(ItemView item);

}  // namespace brume::wire
