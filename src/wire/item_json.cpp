#include "wire/item_json.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/encoding.h"
#include "base/error.h"

namespace brume::wire {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view kInvalidPrefix = "One or more parameter values were invalid: ";

[[noreturn]] void fail_type(std::string text) { throw AwsError(kSerializationException, std::move(text)); }
[[noreturn]] void fail_value(std::string text) { throw ValueError(std::move(text), ValueError::Check::reading); }
[[noreturn]] void fail_unfit(std::string_view text) {
  throw ValueError(std::string(kInvalidPrefix) + std::string(text), ValueError::Check::unfit);
}

// ---- JSON types: what AWS's deserializer says of them ----

enum class Wanted : std::uint8_t { string, boolean, blob, list, value_map, value };

/// Java's names of the wanted types, as they appear in the texts.
std::string_view collection_name(Wanted wanted) {
  switch (wanted) {
    case Wanted::string: return "class java.lang.String";
    case Wanted::boolean: return "class java.lang.Boolean";
    case Wanted::blob: return "class java.nio.ByteBuffer";
    case Wanted::value_map: return "java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>";
    default: return "class com.amazonaws.dynamodb.v20120810.AttributeValue";
  }
}

[[noreturn]] void fail_json_type(dom::element found, Wanted wanted) {
  const dom::element_type type = found.type();
  if (type == dom::element_type::ARRAY)
    fail_type("Unrecognized collection type " + std::string(collection_name(wanted)));
  if (type == dom::element_type::OBJECT) fail_type("Start of structure or map found where not expected");
  switch (wanted) {
    case Wanted::blob: fail_type("only base-64-encoded strings are convertible to bytes");
    case Wanted::value: fail_type("Unexpected value type in payload");
    case Wanted::list:
    case Wanted::value_map: fail_type("Unexpected field type");
    default: break;
  }
  const std::string target = wanted == Wanted::boolean ? "Boolean" : "String";
  if (type == dom::element_type::STRING) fail_type("Unexpected token received from parser");
  if (type == dom::element_type::BOOL)
    fail_type((found.get_bool().value_unsafe() ? "TRUE_VALUE" : "FALSE_VALUE") + (" cannot be converted to " + target));
  if (type == dom::element_type::DOUBLE) fail_type("DECIMAL_VALUE cannot be converted to " + target);
  fail_type("NUMBER_VALUE cannot be converted to " + target);
}

std::string_view want_string(dom::element json) {
  std::string_view text;
  if (json.get(text) != simdjson::SUCCESS) fail_json_type(json, Wanted::string);
  return text;
}

/// AWS takes some strings for booleans.
bool want_boolean(dom::element json) {
  bool value = false;
  if (json.get(value) == simdjson::SUCCESS) return value;
  std::string_view text;
  if (json.get(text) == simdjson::SUCCESS && text.size() <= 5) {
    std::string upper(text);
    for (char& c : upper)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (upper == "TRUE" || upper == "YES" || upper == "1") return true;
    if (upper == "FALSE" || upper == "NO" || upper == "0") return false;
  }
  fail_json_type(json, Wanted::boolean);
}

dom::array want_list(dom::element json) {
  dom::array array;
  if (json.get(array) != simdjson::SUCCESS) fail_json_type(json, Wanted::list);
  return array;
}

dom::object want_object(dom::element json, Wanted wanted) {
  dom::object object;
  if (json.get(object) != simdjson::SUCCESS) fail_json_type(json, wanted);
  return object;
}

[[noreturn]] void fail_base64(std::string_view text) {
  if (text.size() % 4 != 0)
    fail_type("Base64 encoded length is expected a multiple of 4 bytes but found: " + std::to_string(text.size()));
  fail_type("Invalid last non-pad Base64 character dectected");
}

std::size_t decoded_size(std::string_view base64) {
  std::size_t size = base64.size() / 4 * 3;
  if (base64.size() >= 4) size -= (base64.back() == '=' ? 1u : 0u) + (base64[base64.size() - 2] == '=' ? 1u : 0u);
  return size;
}

/// Appends length and bytes.
void append_blob(dom::element json, std::string& out) {
  std::string_view text;
  if (json.get(text) != simdjson::SUCCESS) fail_json_type(json, Wanted::blob);
  if (text.size() % 4 != 0) fail_base64(text);
  append_varint(out, decoded_size(text));
  if (!base64_decode_append(text, out)) fail_base64(text);
}

/// The datatype that a member of an AttributeValue names; nullopt for a member that isn't one.
std::optional<ValueType> datatype(std::string_view key) {
  switch (key.size()) {
    case 1:
      switch (key[0]) {
        case 'S': return ValueType::string;
        case 'N': return ValueType::number;
        case 'B': return ValueType::binary;
        case 'L': return ValueType::list;
        case 'M': return ValueType::map;
        default: return std::nullopt;
      }
    case 2:
      if (key[1] != 'S') return std::nullopt;
      switch (key[0]) {
        case 'S': return ValueType::string_set;
        case 'N': return ValueType::number_set;
        case 'B': return ValueType::binary_set;
        default: return std::nullopt;
      }
    case 4:
      if (key == "BOOL") return ValueType::boolean;
      if (key == "NULL") return ValueType::null;
      return std::nullopt;
    default: return std::nullopt;
  }
}

// ---- reading ----

/// Notices a name that came before. Few names are compared one by one where a hash says they may be equal;
/// many go into a set, so that no request costs more than its length.
class SeenNames {
 public:
  bool seen(std::string_view name) {
    if (count_ == kFew) {
      if (many_.empty())
        for (const Name& few : few_) many_.emplace(few.data, few.size);
      return !many_.insert(name).second;
    }
    std::uint64_t& word = bits_[hash(name) / 64];
    const std::uint64_t bit = std::uint64_t{1} << (hash(name) % 64);
    const bool maybe = (word & bit) != 0;
    word |= bit;
    for (std::size_t i = 0; maybe && i < count_; ++i)
      if (std::string_view(few_[i].data, few_[i].size) == name) return true;
    few_[count_++] = {name.data(), name.size()};
    return false;
  }

 private:
  static constexpr std::size_t kFew = 32;
  struct Name {  // a string_view that costs nothing to leave uninitialized
    const char* data;
    std::size_t size;
  };

  static unsigned hash(std::string_view name) {
    if (name.empty()) return 0;
    const auto at = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(name[i])); };
    return (static_cast<unsigned>(name.size()) * 31 + at(0) * 7 + at(name.size() - 1) * 13 + at(name.size() / 2) * 5) &
           255;
  }

  std::array<std::uint64_t, 4> bits_{};
  std::array<Name, kFew> few_;
  std::size_t count_ = 0;
  std::unordered_set<std::string_view> many_;
};

/// Of each name among the attributes that begin at `from`, keeps the last.
void keep_last(std::string& out, std::size_t from) {
  std::unordered_map<std::string_view, const char*> last;
  const std::string copy = out.substr(from);
  for (const Attribute& attribute : MapView(copy)) last[attribute.name] = attribute.stored.data();
  out.resize(from);
  for (const Attribute& attribute : MapView(copy))
    if (last[attribute.name] == attribute.stored.data()) out.append(attribute.stored);
}

/// What is wrong with the name of an attribute, if anything.
const char* name_error(std::string_view name) {
  constexpr std::size_t kMaxNameBytes = 65535;
  if (name.empty()) return "Empty attribute name";
  if (name.size() > kMaxNameBytes) return "Attribute name is too large, must be less than 65536 bytes";
  return nullptr;
}

/// Where a value stands and how its numbers are read.
struct Place {
  int depth = 1;
  Exponents exponents = Exponents::of_64_bits;
  /// What is wrong with a name inside of a value. Told once nothing else is: DynamoDB finds too deep values first.
  const char** error_below = nullptr;
  Place below() const { return {depth + 1, exponents, error_below}; }
};

void append_value(dom::element json, std::string& out, Place place);

void append_attributes(dom::object json, std::string& out, Place place) {
  const std::size_t from = out.size();
  SeenNames names;
  bool repeated = false;
  for (const auto field : json) {
    const std::string_view name = field.key;
    repeated |= names.seen(name);
    append_name(out, name);
    append_value(field.value, out, place);
    if (const char* error = name_error(name)) [[unlikely]] {
      if (place.depth == 1) fail_value(error);
      *place.error_below = error;
    }
  }
  if (repeated) keep_last(out, from);
}

void append_number_text(std::string_view text, std::string& out, Exponents exponents) {
  if (const auto error = Number::append_ordered_from_text(text, out, exponents))
    fail_value(number_error_text(*error, text));
}

[[noreturn]] void fail_duplicates(dom::array json, ValueType type) {
  if (type == ValueType::number_set)
    throw ValueError("Input collection contains duplicates", ValueError::Check::duplicates);
  std::string text(kInvalidPrefix);
  text += "Input collection [";
  bool first = true;
  for (const dom::element member : json) {
    if (!first) text += ", ";
    first = false;
    text += want_string(member);
  }
  text += type == ValueType::string_set ? "] contains duplicates." : "]of type BS contains duplicates.";
  throw ValueError(std::move(text), ValueError::Check::duplicates);
}

/// Brings the set that was written at `start` into its order. `json` is the same set, for the text of an error.
void sort_set(dom::array json, ValueType type, std::string& out, std::size_t start) {
  const SetView written = ValueView(std::string_view(out).substr(start)).set();
  std::vector<std::string_view> members(written.begin(), written.end());
  if (std::adjacent_find(members.begin(), members.end(), std::greater_equal<>()) == members.end()) return;
  const std::string copy = out.substr(start);
  const SetView set = ValueView(copy).set();
  members.assign(set.begin(), set.end());
  out.resize(start);
  if (!wire::append_set(out, type, std::move(members))) fail_duplicates(json, type);
}

void append_set(dom::element json, std::string& out, ValueType type, Exponents exponents) {
  const dom::array array = want_list(json);
  const std::size_t start = out.size();
  ContainerBuilder set(out, type);
  for (const dom::element member : array) {
    if (member.is_null()) {
      fail_unfit(type == ValueType::binary_set   ? "Binary sets may not have a null member"
                 : type == ValueType::number_set ? "An number set may not have a null number as a member"
                                                 : "An string set may not have a null string as a member");
    } else if (type == ValueType::binary_set) {
      append_blob(member, out);
    } else if (type == ValueType::number_set) {
      append_number_text(want_string(member), out, exponents);
    } else {
      append_member(out, type, want_string(member));
    }
  }
  if (set.empty())
    fail_unfit(type == ValueType::string_set   ? "An string set  may not be empty"
               : type == ValueType::number_set ? "An number set  may not be empty"
                                               : "Binary sets should not be empty");
  set.finish();
  sort_set(array, type, out, start);
}

constexpr std::string_view kTooDeep =
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit";

void check_depth(int depth) {
  if (depth >= kMaxNestingDepth) fail_value(std::string(kTooDeep));
}

void append_datatype(dom::element json, ValueType type, std::string& out, Place place) {
  switch (type) {
    case ValueType::string: append_string(out, want_string(json)); return;
    case ValueType::number:
      out.push_back(static_cast<char>(detail::kNumber));
      append_number_text(want_string(json), out, place.exponents);
      return;
    case ValueType::binary:
      out.push_back(static_cast<char>(detail::kBinary));
      append_blob(json, out);
      return;
    case ValueType::boolean: append_boolean(out, want_boolean(json)); return;
    case ValueType::null:
      if (!want_boolean(json)) fail_unfit("Null attribute value types must have the value of true");
      append_null(out);
      return;
    case ValueType::list: {
      const dom::array array = want_list(json);
      check_depth(place.depth);
      ContainerBuilder list(out, type);
      for (const dom::element element : array) append_value(element, out, place.below());
      list.finish();
      return;
    }
    case ValueType::map: {
      const dom::object object = want_object(json, Wanted::value_map);
      check_depth(place.depth);
      ContainerBuilder map(out, type);
      append_attributes(object, out, place.below());
      map.finish();
      return;
    }
    default: append_set(json, out, type, place.exponents); return;
  }
}

/// Members that are null or aren't datatypes don't count.
void append_value(dom::element json, std::string& out, Place place) {
  const std::size_t start = out.size();
  std::optional<ValueType> found;
  bool several = false;
  if (!json.is_null()) {
    for (const auto field : want_object(json, Wanted::value)) {
      const auto type = datatype(field.key);
      if (!type || field.value.is_null()) continue;
      several |= found && *found != *type;
      if (found) out.resize(start);
      found = type;
      append_datatype(field.value, *type, out, place);
    }
  }
  if (!found) fail_value("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
  if (several)
    fail_value(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes");
}

// ---- checking types alone ----

void check_value(dom::element json);

void check_map(dom::object json) {
  for (const auto field : json) check_value(field.value);
}

void check_datatype(dom::element json, ValueType type) {
  switch (type) {
    case ValueType::string:
    case ValueType::number: want_string(json); return;
    case ValueType::boolean:
    case ValueType::null: want_boolean(json); return;
    case ValueType::binary: {
      std::string scratch;
      append_blob(json, scratch);
      return;
    }
    case ValueType::list:
      for (const dom::element element : want_list(json)) check_value(element);
      return;
    case ValueType::map: check_map(want_object(json, Wanted::value_map)); return;
    default:
      for (const dom::element member : want_list(json))
        if (!member.is_null()) check_datatype(member, SetView(type, {}).member_type());
  }
}

void check_value(dom::element json) {
  if (json.is_null()) return;
  for (const auto field : want_object(json, Wanted::value)) {
    const auto type = datatype(field.key);
    if (type && !field.value.is_null()) check_datatype(field.value, *type);
  }
}

/// Runs `read`; should it refuse a value, a wrong JSON type further on goes first.
template <class Read, class CheckTypes>
void types_first(Read&& read, CheckTypes&& check_types) {
  try {
    read();
  } catch (const AwsError& error) {
    if (&error.kind() != &kSerializationException) check_types();
    throw;
  }
}

/// Runs `read`, then tells of a bad name that it came upon inside of a value.
template <class Read>
void with_names_checked(Place place, const Read& read) {
  const char* error = nullptr;
  place.error_below = &error;
  read(place);
  if (error) fail_value(error);
}

}  // namespace

std::string number_error_text(NumberError error, std::string_view text) {
  switch (error) {
    case NumberError::malformed:
      if (text.empty()) return "The parameter cannot be converted to a numeric value";
      return "The parameter cannot be converted to a numeric value: " + std::string(text);
    case NumberError::too_many_digits: return "Attempting to store more than 38 significant digits in a Number";
    case NumberError::overflow:
      return "Number overflow. Attempting to store a number with magnitude larger than supported range";
    case NumberError::underflow:
      return "Number underflow. Attempting to store a number with magnitude smaller than supported range";
  }
  return {};
}

void check_attribute_name(std::string_view name) {
  if (const char* error = name_error(name)) fail_value(error);
}

void append_item_from_json(dom::object json, std::string& out) {
  const auto read = [&](Place place) {
    try {
      append_attributes(json, out, place);
    } catch (const AwsError& error) {
      // DynamoDB looks at the names of the item's own attributes before it follows deep ones.
      if (error.message() == kTooDeep)
        for (const auto field : json) check_attribute_name(field.key);
      throw;
    }
  };
  types_first([&] { with_names_checked({}, read); }, [&] { check_map(json); });
}

void append_item_from_json(dom::element json, std::string& out) {
  append_item_from_json(want_object(json, Wanted::value_map), out);
}

void append_value_from_json(dom::element json, std::string& out, Exponents exponents) {
  const auto read = [&](Place place) { append_value(json, out, place); };
  types_first([&] { with_names_checked({.exponents = exponents}, read); }, [&] { check_value(json); });
}

void check_value_types(dom::element json) { check_value(json); }
void check_item_types(dom::element json) { check_map(want_object(json, Wanted::value_map)); }

}  // namespace brume::wire
