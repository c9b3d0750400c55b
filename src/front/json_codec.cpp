#include "front/json_codec.h"

#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <ctime>
#include <utility>

#include "base/time_text.h"
#include "base/json_text.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/utf8.h"

namespace brume::front {
namespace json = boost::json;
using service::Location;
using service::Member;
using service::ServiceModel;
using service::Shape;
using service::ShapeType;
using service::TimestampFormat;
namespace {

constexpr double kSecondsMax = 1e12;    // of a timestamp: so that it fits every calendar and integer
constexpr std::size_t kDepthMax = 128;  // AWS's deepest shape, an item of 32 levels, takes 66

constexpr ErrorKind kInvalidRequestContent{"InvalidRequestContentException", 400};

[[noreturn]] void fail(std::string text) { throw AwsError(kSerializationException, std::move(text)); }

/// How AWS's parser names the token that it found.
std::string_view token_name(const json::value& value) {
  if (value.is_bool()) return value.get_bool() ? "TRUE_VALUE" : "FALSE_VALUE";
  if (value.is_double()) return "DECIMAL_VALUE";
  if (value.is_number()) return "NUMBER_VALUE";
  return "STRING_VALUE";
}

/// The texts are those of AWS's parsers: DynamoDB has one of its own, the other services share another.
class Decoder {
 public:
  explicit Decoder(const ServiceModel& model) : model_(model), dynamodb_(model.target_prefix.starts_with("DynamoDB")) {}

  json::object structure(const Shape& shape, const json::object& wire) {
    json::object out;
    for (const Member& member : shape.members) {
      if (member.location != Location::body) continue;
      const json::value* found = wire.if_contains(member.wire_name);
      if (found && !found->is_null())
        out[member.name] = value(model_.shape(member.shape), *found, "Unexpected field type");
      // AWS keeps a template of null.
      if (member.name == "responseTemplates" && found && found->is_object()) {
        json::object& templates = out[member.name].as_object();
        for (const auto& [key, item] : found->get_object())
          if (item.is_null()) templates[key] = nullptr;
      }
    }
    return out;
  }

 private:
  /// `not_structure`: what is said of a scalar where a structure is expected.
  json::value value(const Shape& shape, const json::value& wire,
                    const char* not_structure = "Unexpected value type in payload") {
    switch (shape.type) {
      case ShapeType::structure:
        if (wire.is_array()) fail_list("class " + type_name(shape));
        if (!wire.is_object()) fail(not_structure);
        return structure(shape, wire.get_object());
      case ShapeType::list: return list(shape, wire);
      case ShapeType::map: return map(shape, wire);
      case ShapeType::string:
        if (!wire.is_string()) fail_type(wire, "String");
        return wire;
      case ShapeType::blob: return blob(wire);
      case ShapeType::boolean:
        if (!wire.is_bool()) {
          if (wire.is_string()) fail("Unexpected token received from parser");
          fail_type(wire, "Boolean");
        }
        return wire;
      case ShapeType::integer: return integer(wire, "Integer");
      case ShapeType::long_integer: return integer(wire, "Long");
      case ShapeType::float_number:
      case ShapeType::double_number:
        if (!wire.is_number()) fail_type(wire, "Double");
        return wire;
      case ShapeType::timestamp: return timestamp(wire);
      case ShapeType::document: return wire;
    }
    return wire;
  }

  json::value list(const Shape& shape, const json::value& wire) {
    if (wire.is_object()) fail("Start of structure or map found where not expected");
    if (!wire.is_array()) fail("Unexpected field type");
    const Shape& element = model_.shape(shape.members[0].shape);
    json::array out;
    out.reserve(wire.get_array().size());
    for (const auto& item : wire.get_array())
      if (!item.is_null()) out.push_back(value(element, item));
    return out;
  }

  json::value map(const Shape& shape, const json::value& wire) {
    const Shape& element = model_.shape(shape.members[1].shape);
    if (wire.is_array()) fail_list("java.util.Map<java.lang.String, " + type_name(element) + ">");
    if (!wire.is_object()) fail("Unexpected field type");
    json::object out;
    for (const auto& [key, item] : wire.get_object())
      if (!item.is_null()) out[key] = value(element, item);
    return out;
  }

  json::value blob(const json::value& wire) {
    if (wire.is_array()) fail_list("class java.nio.ByteBuffer");
    if (wire.is_object()) fail_type(wire, "Blob");
    if (!wire.is_string()) fail("only base-64-encoded strings are convertible to bytes");
    std::string bytes;
    const std::string_view text = wire.get_string();
    if (text.size() % 4 != 0)
      fail("Base64 encoded length is expected a multiple of 4 bytes but found: " + std::to_string(text.size()));
    if (!base64_decode_append(text, bytes)) fail("Invalid last non-pad Base64 character dectected");  // AWS's spelling
    return json::value(bytes);
  }

  json::value integer(const json::value& wire, const std::string& target) {
    if (wire.is_int64()) return wire;
    if (wire.is_double() && std::nearbyint(wire.get_double()) == wire.get_double() &&
        std::abs(wire.get_double()) < 9e15)
      return static_cast<std::int64_t>(wire.get_double());
    fail_type(wire, target);
  }

  json::value timestamp(const json::value& wire) {
    if (wire.is_number() && std::abs(wire.to_number<double>()) < kSecondsMax) return wire.to_number<double>();
    if (wire.is_string())
      if (const auto seconds = parse_timestamp(std::string_view(wire.get_string()))) return *seconds;
    fail_type(wire, "Date");
  }

  [[noreturn]] void fail_list(const std::string& java_type) {
    fail(dynamodb_ ? "Unrecognized collection type " + java_type : "Start of list found where not expected");
  }

  [[noreturn]] void fail_type(const json::value& value, const std::string& target) {
    if (value.is_object()) fail("Start of structure or map found where not expected");
    if (value.is_array()) fail_list("class java.lang." + target);
    if (model_.name == "apigateway" && target == "String")
      fail("class " +
           std::string(value.is_bool() ? "java.lang.Boolean"
                                       : "com.amazon.coral.value.json.numbers.TruncatingBigNumber") +
           " can not be converted to an String");
    const std::string token(token_name(value));
    if (dynamodb_) fail(token + " cannot be converted to " + target);
    fail(token + " can not be converted to " + (target == "Integer" ? "an " : "a ") + target);
  }

  static std::string type_name(const Shape& shape) {
    if (shape.type == ShapeType::string) return "java.lang.String";
    return "com.amazonaws.dynamodb.v20120810." + std::string(shape.name);
  }

  const ServiceModel& model_;
  const bool dynamodb_;
};

void append_number(std::string& out, double number) {
  if (number == std::floor(number) && std::abs(number) < 9e15) {
    out += std::to_string(static_cast<std::int64_t>(number));
    return;
  }
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, number);
  out.append(text, end.ptr);
}

class Encoder {
 public:
  Encoder(std::string& out, const ServiceModel& model) : out_(out), model_(model) {}

  void structure(const Shape& shape, const json::object& members) {
    out_ += '{';
    bool first = true;
    for (const Member& member : shape.members) {
      if (member.location != Location::body) continue;
      const json::value* found = members.if_contains(member.name);
      if (!found || found->is_null()) continue;
      if (!std::exchange(first, false)) out_ += ',';
      append_json_string(out_, member.wire_name);
      out_ += ':';
      const TimestampFormat format = member.timestamp;
      value(model_.shape(member.shape), *found, format);
    }
    out_ += '}';
  }

 private:
  void value(const Shape& shape, const json::value& v, TimestampFormat format) {
    switch (shape.type) {
      case ShapeType::structure: structure(shape, v.as_object()); break;
      case ShapeType::list: {
        out_ += '[';
        bool first = true;
        for (const auto& element : v.as_array()) {
          if (!std::exchange(first, false)) out_ += ',';
          value(model_.shape(shape.members[0].shape), element, shape.members[0].timestamp);
        }
        out_ += ']';
        break;
      }
      case ShapeType::map: {
        out_ += '{';
        bool first = true;
        for (const auto& [key, element] : v.as_object()) {
          if (!std::exchange(first, false)) out_ += ',';
          append_json_string(out_, key);
          out_ += ':';
          value(model_.shape(shape.members[1].shape), element, shape.members[1].timestamp);
        }
        out_ += '}';
        break;
      }
      case ShapeType::string:
        if (v.is_string()) append_json_string(out_, std::string_view(v.get_string()));
        else if (v.is_null()) out_ += "null";  // in a map or a list: a member that is null is not shown
        else append_json_string(out_, json::serialize(v));
        break;
      case ShapeType::blob:
        out_ += '"';
        base64_append(out_, std::string_view(v.as_string()));
        out_ += '"';
        break;
      case ShapeType::timestamp: timestamp(shape, v, format); break;
      case ShapeType::double_number:
      case ShapeType::float_number: append_number(out_, v.to_number<double>()); break;
      default: out_ += json::serialize(v);
    }
  }

  void timestamp(const Shape& shape, const json::value& v, TimestampFormat format) {
    if (v.is_string()) {
      append_json_string(out_, std::string_view(v.get_string()));
      return;
    }
    if (format == TimestampFormat::by_protocol) format = shape.timestamp;
    const double seconds = v.to_number<double>();
    switch (format) {
      case TimestampFormat::iso8601: append_json_string(out_, format_iso8601(seconds)); break;
      case TimestampFormat::rfc822: append_json_string(out_, format_http_date(seconds)); break;
      default: append_number(out_, seconds);
    }
  }

  std::string& out_;
  const ServiceModel& model_;
};

}  // namespace

json::object parse_json_body(const ServiceModel& model, std::string_view body) {
  if (body.empty()) return {};
  json::parse_options options;
  options.max_depth = kDepthMax;
  boost::system::error_code error;
  json::value value = json::parse(json::string_view(body.data(), body.size()), error, {}, options);
  if (error && model.name == "lambda")
    throw AwsError(kInvalidRequestContent, "Could not parse request body into json: " + error.message());
  if (error) fail("Unable to parse the request body as JSON: " + error.message());
  if (!value.is_object())
    fail(value.is_array() ? "Start of list found where not expected" : "Unexpected value type in payload");
  return std::move(value.get_object());
}

json::object decode_structure(const ServiceModel& model, const Shape& shape, const json::object& wire) {
  return Decoder(model).structure(shape, wire);
}

void encode_structure(std::string& out, const ServiceModel& model, const Shape& shape, const json::object& members) {
  Encoder(out, model).structure(shape, members);
}

const service::JsonText& json_text() {
  struct Text final : service::JsonText {
    json::object read(const ServiceModel& model, const Shape& shape, std::string_view text) const override {
      return decode_structure(model, shape, parse_json_body(model, text));
    }
    std::string write(const ServiceModel& model, const Shape& shape, const json::object& members) const override {
      std::string out;
      encode_structure(out, model, shape, members);
      return out;
    }
  };
  static const Text text;
  return text;
}

std::optional<double> parse_timestamp(std::string_view text) {
  const std::string copy(text);
  std::tm parts{};
  if (const char* rest = strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &parts)) {
    double seconds = static_cast<double>(timegm(&parts));
    if (*rest == '.') {
      char* end = nullptr;
      seconds += std::strtod(rest, &end);
      rest = end;
    }
    if (*rest == 'Z' && rest[1] == '\0') return seconds;
    if (*rest == '+' || *rest == '-') {
      int hours = 0, minutes = 0;
      if (std::sscanf(rest + 1, "%2d:%2d", &hours, &minutes) == 2)
        return seconds - (*rest == '+' ? 1 : -1) * (hours * 3600 + minutes * 60);
    }
    return std::nullopt;
  }
  if (const char* rest = strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts); rest && *rest == '\0')
    return static_cast<double>(timegm(&parts));
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size() && std::abs(seconds) < kSecondsMax) return seconds;
  return std::nullopt;
}

namespace {
std::time_t whole_seconds(double seconds) {
  return std::abs(seconds) < kSecondsMax ? static_cast<std::time_t>(std::floor(seconds)) : 0;
}
}  // namespace

std::string format_iso8601(double seconds) { return format_utc(whole_seconds(seconds), "%Y-%m-%dT%H:%M:%SZ"); }
std::string format_http_date(double seconds) { return http_date(whole_seconds(seconds)); }

}  // namespace brume::front
