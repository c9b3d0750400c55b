// Names and values that the expressions of one request share: ExpressionAttributeNames and
// ExpressionAttributeValues, with a note of which were used.
//
// Order of use, which is AWS's order of checks, before any table is read:
//   1. set_names, set_values                    shape of the placeholders, the values
//   2. XExpression::parse for each expression   in the order update, condition, key condition, filter, projection
//   3. check_all_used
// Errors: AwsError (ValidationException, SerializationException).
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/item.h"

namespace brume::dynamodb {

/// Must outlive the expressions parsed with it: they refer to its names and values. All names and values are
/// added before the first parse.
class ExpressionContext {
 public:
  ExpressionContext() = default;
  ExpressionContext(const ExpressionContext&) = delete;
  ExpressionContext& operator=(const ExpressionContext&) = delete;

  /// `names`: the member ExpressionAttributeNames, `values`: ExpressionAttributeValues. Both are copied;
  /// JSON null counts as absent. Values that wire::ValueError calls unfit are told as such if `unfit_as_such`, else as
  /// "ExpressionAttributeValues contains invalid value: … for key :v", as all others are.
  void set_names(simdjson::dom::element names);
  void set_values(simdjson::dom::element values, bool unfit_as_such = false);

  /// For requests that come in another form than JSON (PartiQL, legacy parameters). Placeholders include '#' or ':'.
  void add_name(std::string_view placeholder, std::string_view name);
  void add_value(std::string_view placeholder, wire::ValueView value);

  /// The attribute name behind "#n", nullopt if there is none. Marks it as used.
  std::optional<std::string_view> use_name(std::string_view placeholder);
  std::optional<wire::ValueView> use_value(std::string_view placeholder);

  /// "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #b}", then likewise values.
  void check_all_used() const;

 private:
  struct Entry {
    std::uint32_t placeholder_at, placeholder_size, content_at, content_size;
    bool used = false;
  };
  struct Table {
    std::vector<Entry> entries;
    std::vector<std::uint32_t> sorted;  ///< indexes by placeholder; made at the first use, for many entries only
  };
  void add(Table& table, std::string_view placeholder, std::string_view content);
  std::optional<std::string_view> use(Table& table, std::string_view placeholder);
  std::string_view placeholder(const Entry& entry) const;
  std::string_view content(const Entry& entry) const;
  void check_used(const Table& table, std::string_view parameter) const;

  Table names_;
  Table values_;
  std::string text_;  ///< every placeholder, name and stored value, one after another
};

}  // namespace brume::dynamodb
