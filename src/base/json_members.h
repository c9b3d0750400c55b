// Members of JSON objects, read with a default: of a call's input, which the front door has checked against the
// service's model, and of stored documents. What is absent, null or of another type reads as the default.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace brume {

/// nullptr if it is absent or null.
inline const boost::json::value* member(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains(name);
  return value && !value->is_null() ? value : nullptr;
}

/// "" by default. A view into `object`, which must outlive it.
inline std::string_view text_view(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains(name);
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}
std::string_view text_view(const boost::json::object&& object, std::string_view name) = delete;

/// "" by default. A copy.
inline std::string text(const boost::json::object& object, std::string_view name) {
  return std::string(text_view(object, name));
}

/// Of a stored record that must have it. Errors: std::exception if it is absent or of another type.
inline std::string required_text(const boost::json::object& object, std::string_view name) {
  return std::string(std::string_view(object.at(name).as_string()));
}

inline std::optional<std::string> optional_text(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains(name);
  if (!value || !value->is_string()) return std::nullopt;
  return std::string(std::string_view(value->get_string()));
}

/// A number without its fraction; nullopt also for one that 64 bits do not hold.
inline std::optional<std::int64_t> optional_whole(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains(name);
  if (!value) return std::nullopt;
  if (value->is_int64()) return value->get_int64();
  if (value->is_uint64() && value->get_uint64() <= INT64_MAX) return static_cast<std::int64_t>(value->get_uint64());
  if (value->is_double() && value->get_double() > -9.2e18 && value->get_double() < 9.2e18)
    return static_cast<std::int64_t>(value->get_double());
  return std::nullopt;
}

inline std::int64_t whole(const boost::json::object& object, std::string_view name, std::int64_t otherwise = 0) {
  return optional_whole(object, name).value_or(otherwise);
}

/// 0 by default.
inline double number(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains(name);
  return value && value->is_number() ? value->to_number<double>() : 0;
}

inline std::optional<bool> optional_flag(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains(name);
  if (!value || !value->is_bool()) return std::nullopt;
  return value->get_bool();
}

/// false by default.
inline bool flag(const boost::json::object& object, std::string_view name) {
  return optional_flag(object, name).value_or(false);
}

/// nullptr by default.
inline const boost::json::object* object_member(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains(name);
  return value ? value->if_object() : nullptr;
}

/// nullptr by default.
inline const boost::json::array* array_member(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains(name);
  return value ? value->if_array() : nullptr;
}

/// Copies the member if it is there and not null.
inline void copy_member(const boost::json::object& from, boost::json::object& to, std::string_view name) {
  if (const boost::json::value* value = member(from, name)) to[name] = *value;
}

}  // namespace brume
