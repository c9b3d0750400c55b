#include "dynamodb/request/echo.h"

#include <array>
#include <cstdint>
#include <cstdio>

namespace brume::dynamodb {
namespace dom = simdjson::dom;
namespace {

bool holds_attribute_values(std::string_view member) {
  return member == "Item" || member == "Key" || member == "ExpressionAttributeValues";
}

/// AWS prints an attribute value as an object with its hash code, in some regions with its fields.
std::string attribute_value_text(dom::element value) {
  std::uint32_t hash = 2166136261u;
  for (char c : simdjson::minify(value)) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  std::array<char, 16> digits{};
  std::snprintf(digits.data(), digits.size(), "%x", hash);
  return "com.amazonaws.dynamodb.v20120810.AttributeValue@" + std::string(digits.data());
}

template <class Append>
std::string map_text(dom::object map, Append append) {
  std::string text = "{";
  for (auto [name, value] : map) {
    if (text.size() > 1) text += ", ";
    (text += name) += '=';
    append(text, value);
  }
  return text += '}';
}

std::string value_text(std::string_view member, dom::element value) {
  if (value.is_string()) return std::string(std::string_view(value));
  if (!value.is_object()) return simdjson::minify(value);
  if (holds_attribute_values(member))
    return map_text(value, [](std::string& text, dom::element entry) { text += attribute_value_text(entry); });
  if (member == "ExpressionAttributeNames")
    return map_text(value, [](std::string& text, dom::element entry) { text += value_text("", entry); });
  return java_text(member, value);
}

}  // namespace

std::string java_text(std::string_view shape, dom::element structure) {
  dom::object members;
  if (structure.get(members)) return "null";
  std::string text = std::string(shape) + '(';
  for (auto [name, value] : members) {
    if (text.back() != '(') text += ", ";
    text += name;
    char& first = text[text.size() - name.size()];
    if (!name.empty() && first >= 'A' && first <= 'Z') first = static_cast<char>(first | 0x20);
    text += '=' + value_text(name, value);
  }
  return text += ')';
}

std::string java_list_text(std::string_view shape, dom::array structures) {
  std::string text = "[";
  for (dom::element structure : structures) {
    if (text.size() > 1) text += ", ";
    text += java_text(shape, structure);
  }
  return text += ']';
}

}  // namespace brume::dynamodb
