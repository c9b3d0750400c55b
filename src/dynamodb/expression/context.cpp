#include "dynamodb/expression/context.h"

#include <algorithm>

#include "base/error.h"
#include "wire/item_json.h"

namespace brume::dynamodb {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view kNames = "ExpressionAttributeNames";
constexpr std::string_view kValues = "ExpressionAttributeValues";
constexpr std::size_t kMaxPlaceholderBytes = 255;
constexpr std::size_t kSearchByWalking = 16;

[[noreturn]] void fail(std::string_view parameter, std::string_view text) {
  throw AwsError(kValidationException, std::string(parameter) + std::string(text));
}

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

void check_placeholder(std::string_view key, char sign, std::string_view parameter) {
  if (key.size() > kMaxPlaceholderBytes)
    fail(parameter,
         " contains invalid key: The expression attribute map contains a key that is too long; size of key: " +
             std::to_string(key.size()));
  const bool good = key.size() > 1 && key[0] == sign && std::all_of(key.begin() + 1, key.end(), is_word);
  if (!good) fail(parameter, " contains invalid key: Syntax error; key: \"" + std::string(key) + "\"");
}

/// AWS lists several keys in the order of a Java HashSet.
std::uint32_t java_hash(std::string_view text) {
  std::uint32_t hash = 0;
  for (char c : text) hash = hash * 31 + static_cast<unsigned char>(c);  // placeholders are ASCII
  return hash ^ hash >> 16;
}

}  // namespace

void ExpressionContext::set_names(dom::element json) {
  if (json.is_null()) return;
  dom::object names;
  if (json.get(names) != simdjson::SUCCESS)
    throw AwsError(kSerializationException,
                   json.is_array() ? "Unrecognized collection type java.util.Map<java.lang.String, java.lang.String>"
                                   : "Unexpected field type");
  for (const auto field : names) {
    if (field.value.is_string() || field.value.is_null()) continue;
    std::string_view type = "NUMBER_VALUE";
    if (field.value.is_array())
      throw AwsError(kSerializationException, "Unrecognized collection type class java.lang.String");
    if (field.value.is_object())
      throw AwsError(kSerializationException, "Start of structure or map found where not expected");
    if (field.value.is_bool()) type = field.value.get_bool().value_unsafe() ? "TRUE_VALUE" : "FALSE_VALUE";
    if (field.value.type() == dom::element_type::DOUBLE) type = "DECIMAL_VALUE";
    throw AwsError(kSerializationException, std::string(type) + " cannot be converted to String");
  }
  if (names.begin() == names.end()) fail(kNames, " must not be empty");
  for (const auto field : names) check_placeholder(field.key, '#', kNames);
  for (const auto field : names) {
    const std::string_view name = field.value.is_null() ? "" : std::string_view(field.value);
    try {
      wire::check_attribute_name(name);
    } catch (const AwsError& error) {
      fail(kNames, " contains invalid value: " + error.message() + " for key " + std::string(field.key));
    }
    add_name(field.key, name);
  }
}

void ExpressionContext::set_values(dom::element json, bool unfit_as_such) {
  if (json.is_null()) return;
  dom::object values;
  if (json.get(values) != simdjson::SUCCESS) wire::check_item_types(json);
  if (values.begin() == values.end()) fail(kValues, " must not be empty");
  for (const auto field : values) {
    // A wrong JSON type anywhere goes before any other complaint.
    try {
      check_placeholder(field.key, ':', kValues);
    } catch (const AwsError&) {
      wire::check_item_types(json);
      throw;
    }
  }
  std::string stored;
  for (const auto field : values) {
    stored.clear();
    try {
      wire::append_value_from_json(field.value, stored);
    } catch (const wire::ValueError& error) {
      wire::check_item_types(json);
      if (error.message().starts_with("Nesting Levels")) throw;
      if (unfit_as_such && error.check() == wire::ValueError::Check::unfit) throw;
      throw wire::ValueError(
          std::string(kValues) + " contains invalid value: " + error.message() + " for key " + std::string(field.key),
          error.check());
    }
    add(values_, field.key, stored);
  }
}

void ExpressionContext::add_name(std::string_view placeholder, std::string_view name) {
  add(names_, placeholder, name);
}
void ExpressionContext::add_value(std::string_view placeholder, wire::ValueView value) {
  add(values_, placeholder, value.stored());
}

void ExpressionContext::add(Table& table, std::string_view placeholder, std::string_view content) {
  const auto at = static_cast<std::uint32_t>(text_.size());
  table.entries.push_back({at, static_cast<std::uint32_t>(placeholder.size()),
                           at + static_cast<std::uint32_t>(placeholder.size()),
                           static_cast<std::uint32_t>(content.size())});
  text_.append(placeholder).append(content);
}

std::string_view ExpressionContext::placeholder(const Entry& entry) const {
  return std::string_view(text_).substr(entry.placeholder_at, entry.placeholder_size);
}
std::string_view ExpressionContext::content(const Entry& entry) const {
  return std::string_view(text_).substr(entry.content_at, entry.content_size);
}

std::optional<std::string_view> ExpressionContext::use(Table& table, std::string_view wanted) {
  std::vector<Entry>& entries = table.entries;
  if (entries.size() <= kSearchByWalking) {
    for (Entry& entry : entries) {
      if (placeholder(entry) != wanted) continue;
      entry.used = true;
      return content(entry);
    }
    return std::nullopt;
  }
  if (table.sorted.size() != entries.size()) {
    table.sorted.resize(entries.size());
    for (std::uint32_t i = 0; i < entries.size(); ++i) table.sorted[i] = i;
    std::sort(table.sorted.begin(), table.sorted.end(),
              [&](std::uint32_t a, std::uint32_t b) { return placeholder(entries[a]) < placeholder(entries[b]); });
  }
  const auto found =
      std::lower_bound(table.sorted.begin(), table.sorted.end(), wanted,
                       [&](std::uint32_t i, std::string_view text) { return placeholder(entries[i]) < text; });
  if (found == table.sorted.end() || placeholder(entries[*found]) != wanted) return std::nullopt;
  entries[*found].used = true;
  return content(entries[*found]);
}

std::optional<std::string_view> ExpressionContext::use_name(std::string_view placeholder) {
  return use(names_, placeholder);
}

std::optional<wire::ValueView> ExpressionContext::use_value(std::string_view placeholder) {
  const auto stored = use(values_, placeholder);
  if (!stored) return std::nullopt;
  return wire::ValueView(*stored);
}

void ExpressionContext::check_all_used() const {
  check_used(names_, kNames);
  check_used(values_, kValues);
}

void ExpressionContext::check_used(const Table& table, std::string_view parameter) const {
  std::vector<std::string_view> unused;
  for (const Entry& entry : table.entries)
    if (!entry.used) unused.push_back(placeholder(entry));
  if (unused.empty()) return;
  std::uint32_t slots = 16;
  while (slots * 3 / 4 < table.entries.size()) slots *= 2;
  std::stable_sort(unused.begin(), unused.end(), [&](std::string_view a, std::string_view b) {
    return (java_hash(a) & (slots - 1)) < (java_hash(b) & (slots - 1));
  });
  std::string text = "Value provided in " + std::string(parameter) + " unused in expressions: keys: {";
  for (std::size_t i = 0; i < unused.size(); ++i) {
    if (i > 0) text += ", ";
    text += unused[i];
  }
  throw AwsError(kValidationException, text + "}");
}

}  // namespace brume::dynamodb
