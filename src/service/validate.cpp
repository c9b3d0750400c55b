#include "service/validate.h"

#include <boost/json.hpp>
#include <algorithm>
#include <cctype>
#include <cmath>

#include "base/error.h"
#include "service/pattern.h"

namespace brume::service {
namespace json = boost::json;
namespace {

constexpr std::size_t kProblemsMax = 10;
constexpr std::size_t kShownBytesMax = 1024;  // of a value quoted in a text

std::size_t characters(std::string_view utf8) {
  std::size_t n = 0;
  for (unsigned char c : utf8) n += (c & 0xC0) != 0x80;
  return n;
}

std::string lower_first(std::string_view name) {
  std::string out(name);
  if (!out.empty()) out[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(out[0])));
  return out;
}

std::string integer_text(double bound) { return std::to_string(static_cast<long long>(bound)); }

class Validator {
 public:
  explicit Validator(const ServiceModel& model) : model_(model) {}

  void structure(const Shape& shape, const json::object& value, const std::string& path) {
    for (const Member& member : shape.members) {
      const json::value* found = value.if_contains(member.name);
      const std::string at = path.empty() ? lower_first(member.name) : path + "." + lower_first(member.name);
      if (!found || found->is_null()) {
        // The payload of a streaming member is not part of the input object.
        if (member.required && !model_.shape(member.shape).streaming && shape.payload != member.name) fail("null", at, "Member must not be null", false);
        continue;
      }
      check(model_.shape(member.shape), *found, at);
    }
  }

  std::vector<std::string> take() { return std::move(problems_); }

 private:
  void check(const Shape& shape, const json::value& value, const std::string& path) {
    switch (shape.type) {
      case ShapeType::structure:
        if (value.is_object()) structure(shape, value.get_object(), path);
        break;
      case ShapeType::list: list(shape, value, path); break;
      case ShapeType::map: map(shape, value, path); break;
      case ShapeType::string: string(shape, value, path); break;
      case ShapeType::integer:
      case ShapeType::long_integer:
      case ShapeType::float_number:
      case ShapeType::double_number: number(shape, value, path); break;
      case ShapeType::blob: length(shape, value, value.is_string() ? value.get_string().size() : 0, path, true); break;
      default: break;
    }
  }

  void list(const Shape& shape, const json::value& value, const std::string& path) {
    if (!value.is_array()) return;
    const json::array& array = value.get_array();
    length(shape, value, array.size(), path);
    const Shape& element = model_.shape(shape.members[0].shape);
    for (std::size_t i = 0; i < array.size() && problems_.size() < kProblemsMax; ++i)
      check(element, array[i], path + "." + std::to_string(i + 1) + ".member");
  }

  void map(const Shape& shape, const json::value& value, const std::string& path) {
    if (!value.is_object()) return;
    const json::object& object = value.get_object();
    length(shape, value, object.size(), path);
    const Shape& key_shape = model_.shape(shape.members[0].shape);
    const Shape& value_shape = model_.shape(shape.members[1].shape);
    for (const auto& [key, element] : object) {
      if (problems_.size() >= kProblemsMax) return;
      if (key_shape.type == ShapeType::string) string(key_shape, json::value(key), path);
      check(value_shape, element, path + "." + std::string(key) + ".member");
    }
  }

  void string(const Shape& shape, const json::value& value, const std::string& path) {
    if (!value.is_string()) return;
    const std::string_view text = value.get_string();
    if (!shape.enum_values.empty() && std::find(shape.enum_values.begin(), shape.enum_values.end(), text) == shape.enum_values.end()) {
      std::string values;
      for (const auto name : shape.enum_values) values += (values.empty() ? "" : ", ") + std::string(name);
      fail(show(shape, value), path, "Member must satisfy enum value set: [" + values + "]");
    }
    if (!shape.pattern.empty() && shape.enum_values.empty() && !matches_model_pattern(shape.pattern, text))
      fail(show(shape, value), path, "Member must satisfy regular expression pattern: " + std::string(shape.pattern));
    length(shape, value, characters(text), path);
  }

  void length(const Shape& shape, const json::value& value, std::size_t size, const std::string& path, bool hidden = false) {
    if (!std::isnan(shape.min) && static_cast<double>(size) < shape.min)
      fail(hidden ? "…" : show(shape, value), path, "Member must have length greater than or equal to " + integer_text(shape.min));
    if (!std::isnan(shape.max) && static_cast<double>(size) > shape.max)
      fail(hidden ? "…" : show(shape, value), path, "Member must have length less than or equal to " + integer_text(shape.max));
  }

  void number(const Shape& shape, const json::value& value, const std::string& path) {
    const double number = value.is_int64() ? static_cast<double>(value.get_int64())
                          : value.is_uint64() ? static_cast<double>(value.get_uint64())
                          : value.is_double() ? value.get_double() : 0;
    if (!std::isnan(shape.min) && number < shape.min)
      fail(show(shape, value), path, "Member must have value greater than or equal to " + integer_text(shape.min));
    if (!std::isnan(shape.max) && number > shape.max)
      fail(show(shape, value), path, "Member must have value less than or equal to " + integer_text(shape.max));
  }

  /// As Java prints it: lists in brackets, structures as Name(member=value, …).
  std::string show(const Shape& shape, const json::value& value) const {
    if (shape.sensitive) return "*** sensitive value ***";
    std::string out;
    append(out, shape, value);
    if (out.size() > kShownBytesMax) out.resize(kShownBytesMax);
    return out;
  }

  void append(std::string& out, const Shape& shape, const json::value& value) const {
    if (out.size() > kShownBytesMax) return;
    if (value.is_string()) {
      out += value.get_string();
    } else if (value.is_array()) {
      out += '[';
      for (std::size_t i = 0; i < value.get_array().size(); ++i) {
        if (i) out += ", ";
        append(out, model_.shape(shape.members[0].shape), value.get_array()[i]);
      }
      out += ']';
    } else if (value.is_object()) {
      const bool is_map = shape.type == ShapeType::map;
      out += is_map ? "{" : std::string(shape.name) + "(";
      bool first = true;
      for (const auto& [key, member_value] : value.get_object()) {
        const Member* member = is_map ? &shape.members[1] : member_of(shape, key);
        if (!member) continue;
        if (!std::exchange(first, false)) out += ", ";
        out += (is_map ? std::string(key) : lower_first(key)) + "=";
        append(out, model_.shape(member->shape), member_value);
      }
      out += is_map ? "}" : ")";
    } else {
      out += json::serialize(value);
    }
  }

  static const Member* member_of(const Shape& shape, std::string_view name) {
    for (const Member& member : shape.members)
      if (member.name == name) return &member;
    return nullptr;
  }

  void fail(const std::string& value, const std::string& path, const std::string& constraint, bool quoted = true) {
    if (problems_.size() >= kProblemsMax) return;
    const std::string shown = quoted ? "'" + value + "'" : value;
    problems_.push_back("Value " + shown + " at '" + path + "' failed to satisfy constraint: " + constraint);
  }

  const ServiceModel& model_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> problems_of(const ServiceModel& model, const Shape& shape, const json::object& input) {
  Validator validator(model);
  validator.structure(shape, input, "");
  return validator.take();
}

std::optional<std::string> validation_text(const std::vector<std::string>& problems) {
  if (problems.empty()) return std::nullopt;
  std::string text = std::to_string(problems.size()) + (problems.size() == 1 ? " validation error detected: " : " validation errors detected: ");
  for (std::size_t i = 0; i < problems.size(); ++i) {
    if (i) text += "; ";
    text += problems[i];
  }
  return text;
}

void validate(const ServiceModel& model, const Shape& shape, const json::object& input) {
  if (auto text = validation_text(problems_of(model, shape, input))) throw AwsError(kValidationException, std::move(*text));
}

}  // namespace brume::service
