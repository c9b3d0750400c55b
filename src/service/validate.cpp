#include "service/validate.h"

#include <boost/json.hpp>
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "service/pattern.h"
#include "base/utf8.h"

namespace brume::service {
namespace json = boost::json;
namespace {

constexpr std::size_t kProblemsMax = 10;
constexpr std::size_t kShownBytesMax = 1024;  // of a value quoted in a text

/// AWS's own order of an enumeration, where it was seen to be another than the model's.
std::string_view recorded_order(const Shape& shape) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kRecorded = {{
      {"Op", "add, remove, move, test, replace, copy"},
      {"EndpointType", "PRIVATE, EDGE, REGIONAL"},
      {"IntegrationType", "HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS"},
  }};
  for (const auto& [name, order] : kRecorded)
    if (shape.name == name) return order;
  return {};
}

std::string enum_text(const Shape& shape) {
  std::string out = "Member must satisfy enum value set: [";
  if (const std::string_view order = recorded_order(shape); !order.empty()) return (out += order) += ']';
  for (std::size_t i = 0; i < shape.enum_values.size(); ++i) (out += i ? ", " : "") += shape.enum_values[i];
  return out += ']';
}

std::string pattern_text(const Shape& shape) {
  return "Member must satisfy regular expression pattern: " + std::string(shape.pattern);
}

std::string bound_text(std::string_view of, std::string_view side, double bound) {
  std::string out = "Member must have ";
  ((out += of) += " ") += side;
  return out += " than or equal to " + std::to_string(static_cast<long long>(bound));
}

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

double number_of(const json::value& value) {
  if (value.is_int64()) return static_cast<double>(value.get_int64());
  if (value.is_uint64()) return static_cast<double>(value.get_uint64());
  return value.is_double() ? value.get_double() : 0;
}

bool is_scalar(const Shape& shape) {
  return shape.type != ShapeType::structure && shape.type != ShapeType::list && shape.type != ShapeType::map;
}

/// What `value` violates of the constraints of a string, number or blob, in the order that AWS tells it.
std::vector<std::string> violations(const Shape& shape, const json::value& value) {
  std::vector<std::string> out;
  double measure = 0;
  const char* of = "length";
  if (shape.type == ShapeType::string && value.is_string()) {
    const std::string_view text = value.get_string();
    measure = static_cast<double>(characters(text));
    if (!shape.enum_values.empty()) {
      if (std::find(shape.enum_values.begin(), shape.enum_values.end(), text) == shape.enum_values.end())
        out.push_back(enum_text(shape));
    } else if (!shape.pattern.empty() && !matches_model_pattern(shape.pattern, text)) {
      out.push_back(pattern_text(shape));
    }
  } else if (shape.type == ShapeType::blob && value.is_string()) {
    measure = static_cast<double>(value.get_string().size());
  } else if (value.is_number()) {
    measure = number_of(value);
    of = "value";
  } else {
    return out;
  }
  if (measure < shape.min) out.push_back(bound_text(of, "greater", shape.min));  // no bound is NaN: never true
  if (measure > shape.max) out.push_back(bound_text(of, "less", shape.max));
  return out;
}

/// Everything that is asked of a list's element or a map's key: AWS tells all of it when one of them fails.
std::string all_constraints(const ServiceModel& model, const Shape& shape) {
  const bool number = shape.type != ShapeType::string && shape.type != ShapeType::blob;
  std::vector<std::string> parts;
  if (!std::isnan(shape.max)) parts.push_back(bound_text(number ? "value" : "length", "less", shape.max));
  if (!std::isnan(shape.min)) parts.push_back(bound_text(number ? "value" : "length", "greater", shape.min));
  if (!shape.enum_values.empty()) parts.push_back(enum_text(shape));
  else if (!shape.pattern.empty()) parts.push_back(pattern_text(shape));
  if (model.name == "lambda") parts.push_back("Member must not be null");  // seen in Lambda's answers alone
  std::string out = "[";
  for (std::size_t i = 0; i < parts.size(); ++i) out += (i ? ", " : "") + parts[i];
  return out += ']';
}

class Validator {
 public:
  explicit Validator(const ServiceModel& model) : model_(model) {}

  void structure(const Shape& shape, const json::object& value, const std::string& path) {
    for (const Member& member : shape.members) {
      const json::value* found = value.if_contains(member.name);
      // Behind API Gateway's prefix stands what came in the body; a part of the URI stands alone.
      const bool alone = path.empty() || member.location == Location::uri;
      const std::string at = alone ? lower_first(member.name) : path + "." + lower_first(member.name);
      if (!found || found->is_null()) {
        // The payload of a streaming member is not part of the input object.
        if (member.required && !model_.shape(member.shape).streaming && shape.payload != member.name)
          fail(" null", at, "Member must not be null");
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
      case ShapeType::list:
        if (value.is_array()) list(shape, value, path);
        break;
      case ShapeType::map:
        if (value.is_object()) map(shape, value, path);
        break;
      default:
        for (const std::string& violation : violations(shape, value)) fail(show(shape, value), path, violation);
    }
  }

  void list(const Shape& shape, const json::value& value, const std::string& path) {
    const json::array& array = value.get_array();
    size(shape, value, array.size(), path);
    const Shape& element = model_.shape(shape.members[0].shape);
    if (is_scalar(element)) {
      const bool bad =
          std::any_of(array.begin(), array.end(), [&](const auto& item) { return !violations(element, item).empty(); });
      if (bad) fail(show(shape, value), path, "Member must satisfy constraint: " + all_constraints(model_, element));
      return;
    }
    for (std::size_t i = 0; i < array.size() && problems_.size() < kProblemsMax; ++i)
      check(element, array[i], path + "." + std::to_string(i + 1) + ".member");
  }

  void map(const Shape& shape, const json::value& value, const std::string& path) {
    const json::object& object = value.get_object();
    size(shape, value, object.size(), path);
    const Shape& key_shape = model_.shape(shape.members[0].shape);
    const Shape& value_shape = model_.shape(shape.members[1].shape);
    bool bad_key = false, bad_value = false;
    for (const auto& [key, element] : object) {
      if (!bad_key) bad_key = !violations(key_shape, json::value(key)).empty();
      if (!bad_value && is_scalar(value_shape)) bad_value = !violations(value_shape, element).empty();
    }
    if (bad_key)
      fail(show(shape, value), path, "Map keys must satisfy constraint: " + all_constraints(model_, key_shape));
    if (bad_value)
      fail(show(shape, value), path, "Map value must satisfy constraint: " + all_constraints(model_, value_shape));
    if (is_scalar(value_shape)) return;
    for (const auto& [key, element] : object) {
      if (problems_.size() >= kProblemsMax) return;
      check(value_shape, element, path + "." + std::string(key) + ".member");
    }
  }

  /// The number of elements of a list or map.
  void size(const Shape& shape, const json::value& value, std::size_t count, const std::string& path) {
    const double measure = static_cast<double>(count);
    if (measure < shape.min) fail(show(shape, value), path, bound_text("length", "greater", shape.min));
    if (measure > shape.max) fail(show(shape, value), path, bound_text("length", "less", shape.max));
  }

  /// As Java prints it: lists in brackets, structures as Name(member=value, …). A sensitive value is not shown.
  std::string show(const Shape& shape, const json::value& value) const {
    if (shape.sensitive) return {};
    std::string out;
    append(out, shape, value);
    if (out.size() > kShownBytesMax) out.resize(kShownBytesMax);
    out.resize(utf8_prefix(out));  // no half character
    return " '" + out + "'";
  }

  void append(std::string& out, const Shape& shape, const json::value& value) const {
    if (out.size() > kShownBytesMax) return;
    if (shape.sensitive) {
      out += "*** Sensitive Data Redacted ***";
    } else if (shape.type == ShapeType::blob) {
      const std::string length = std::to_string(value.is_string() ? value.get_string().size() : 0);
      out += "java.nio.HeapByteBuffer[pos=0 lim=" + length + " cap=" + length + "]";
    } else if (value.is_string()) {
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
    } else if (value.is_double()) {
      char text[32];
      out.append(text, std::to_chars(text, text + sizeof text, value.get_double()).ptr);
    } else {
      out += json::serialize(value);
    }
  }

  static const Member* member_of(const Shape& shape, std::string_view name) {
    for (const Member& member : shape.members)
      if (member.name == name) return &member;
    return nullptr;
  }

  void fail(const std::string& shown, const std::string& path, const std::string& constraint) {
    if (problems_.size() >= kProblemsMax) return;
    problems_.push_back("Value" + shown + " at '" + path + "' failed to satisfy constraint: " + constraint);
  }

  const ServiceModel& model_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> problems_of(const ServiceModel& model, const Shape& shape, const json::object& input,
                                     const std::string& prefix) {
  Validator validator(model);
  validator.structure(shape, input, prefix);
  return validator.take();
}

std::optional<std::string> validation_text(const std::vector<std::string>& problems) {
  if (problems.empty()) return std::nullopt;
  std::string text = std::to_string(problems.size()) +
                     (problems.size() == 1 ? " validation error detected: " : " validation errors detected: ");
  for (std::size_t i = 0; i < problems.size(); ++i) {
    if (i) text += "; ";
    text += problems[i];
  }
  return text;
}

void validate(const ServiceModel& model, const Shape& shape, const json::object& input, const std::string& prefix) {
  if (auto text = validation_text(problems_of(model, shape, input, prefix)))
    throw AwsError(kValidationException, std::move(*text));
}

}  // namespace brume::service
