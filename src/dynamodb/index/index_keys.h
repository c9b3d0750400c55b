// Values that a key attribute of an index cannot have: refused before they are written. Private to dynamodb/.
//
// Errors: ValidationException with AWS's texts. Where an attribute is a key of several indexes AWS names the one whose name
// comes first.
#pragma once

#include <optional>
#include <string_view>

#include "dynamodb/table/table.h"
#include "wire/item.h"

namespace brume::dynamodb {

/// An item as a request gives it: "Type mismatch for Index Key g Expected: S Actual: N IndexName: gsi", empty and too
/// long values.
void check_index_keys(const Table& table, wire::ItemView item);

/// What an update gives attribute `name` for certain, whatever the item is: a wrong type is worded as in a put, an empty
/// value in the update's own way. `value` is nullopt if only the type is known.
void check_known_index_key(const Table& table, std::string_view name, wire::ValueType type,
                           std::optional<wire::ValueView> value);

/// What came out of an update: "The update expression attempted to update the secondary index key to unsupported type", …
/// The text of an empty value begins with kEmptyKeyText.
void check_updated_index_keys(const Table& table, wire::ItemView item);

/// How AWS begins what it says of an empty value for a key, which a transaction is refused for instead of cancelled.
inline constexpr std::string_view kEmptyKeyText = "One or more parameter values are not valid.";

}  // namespace brume::dynamodb
