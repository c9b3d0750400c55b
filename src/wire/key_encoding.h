// Key attribute values as bytes that sort as the values do and say themselves where they end, so that
// they can stand one after another in a store key.
//
//   S, B   the bytes, each 00 as 00 FF, then 00 01
//   N      Number::append_ordered
//
// The type is not part of it: a table's key schema gives it.
#pragma once

#include <string>
#include <string_view>

#include "wire/item.h"

namespace brume::wire {

/// `value` is S, N or B.
void append_key(std::string& out, ValueView value);
/// The bytes of a string or binary without the end mark: what all keys that begin with `prefix` begin with.
void append_key_prefix(std::string& out, std::string_view prefix);

/// Reads one key value of `type` from the front of `bytes`, removes it there and appends its stored form
/// to `out`; false if malformed.
bool read_key(std::string_view& bytes, ValueType type, std::string& out);

/// The least byte string greater than every one that begins with `prefix`; empty if there is none.
std::string after_prefix(std::string_view prefix);

}  // namespace brume::wire
