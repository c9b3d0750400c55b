// DynamoDB's JSON, {"name": {"S": "text"}}, to and from the stored form (wire/item.h), without a tree between.
//
// Reading throws AwsError: SerializationException where the JSON has another type than the shape asks for,
// ValueError for everything else, with AWS's texts. AWS checks the types of the whole request
// before anything else; within one call below it is done likewise. `out` is unspecified after an error.
#pragma once

#include <simdjson.h>

#include <string>

#include "base/error.h"
#include "wire/item.h"

namespace brume::wire {

/// A ValidationException for a value that cannot be, or for a name.
class ValueError : public AwsError {
 public:
  /// Which check it failed. DynamoDB words the checks of its own differently from those that come with reading a value.
  enum class Check : std::uint8_t {
    reading,  ///< numbers, datatypes, nesting, names
    unfit,  ///< an empty set, a null in a set, a NULL that is not true
    duplicates,  ///< a set has a member twice
  };
  ValueError(std::string message, Check check) : AwsError(kValidationException, std::move(message)), check_(check) {}
  Check check() const { return check_; }

 private:
  Check check_;
};

/// Appends the item that `json` (an attribute map) holds. Of a name that occurs twice the last value counts.
void append_item_from_json(simdjson::dom::object json, std::string& out);
/// As above; SerializationException if `json` isn't an object.
void append_item_from_json(simdjson::dom::element json, std::string& out);

/// ValidationException if no attribute may be called this: empty, or longer than 65,535 bytes.
void check_attribute_name(std::string_view name);

/// Appends the value that `json` (an AttributeValue) holds. PartiQL's parameters have exponents of 32 bits.
void append_value_from_json(simdjson::dom::element json, std::string& out, Exponents exponents = Exponents::of_64_bits);

/// Throws SerializationException unless `json` has the JSON types of an AttributeValue / an attribute map.
/// append_…_from_json does this itself for its own argument.
void check_value_types(simdjson::dom::element json);
void check_item_types(simdjson::dom::element json);

/// Appends {"S":"text"}, {"M":{…}}, …
void append_value_json(ValueView value, std::string& out);
/// Appends {"name":{"S":"text"},…}.
void append_item_json(ItemView item, std::string& out);

/// What AWS says of a bad number, e.g. "The parameter cannot be converted to a numeric value: abc".
std::string number_error_text(NumberError error, std::string_view text);

}  // namespace brume::wire
