#include "front/query_codec.h"

#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <map>

#include "base/encoding.h"
#include "base/error.h"
#include "front/json_codec.h"
#include "base/utf8.h"

namespace brume::front {
namespace json = boost::json;
using service::Member;
using service::ServiceModel;
using service::Shape;
using service::ShapeType;
namespace {

constexpr ErrorKind kMalformedInput{"MalformedInput", 400};
constexpr std::size_t kElementsMax = 10'000;
constexpr int kDepthMax = 32;

using ParameterMap = std::map<std::string, std::string, std::less<>>;

class Decoder {
 public:
  Decoder(const ServiceModel& model, const net::Parameters& parameters)
      : model_(model), parameters_(parameters.begin(), parameters.end()) {}

  json::object structure(const Shape& shape, const std::string& prefix, int depth = 0) {
    json::object out;
    if (depth > kDepthMax) return out;
    for (const Member& member : shape.members) {
      const Shape& target = model_.shape(member.shape);
      const std::string path = prefix + std::string(member.wire_name);
      if (auto found = value(target, path, member.flattened || target.flattened, depth + 1); !found.is_null())
        out[member.name] = std::move(found);
    }
    return out;
  }

 private:
  bool has_prefix(const std::string& prefix) const {
    const auto at = parameters_.lower_bound(prefix);
    return at != parameters_.end() && at->first.starts_with(prefix);
  }

  json::value value(const Shape& shape, const std::string& path, bool flattened, int depth) {
    switch (shape.type) {
      case ShapeType::structure:
        return has_prefix(path + ".") ? json::value(structure(shape, path + ".", depth)) : json::value();
      case ShapeType::list:
        return list(shape, flattened ? path : path + "." + std::string(shape.members[0].wire_name), path, depth);
      case ShapeType::map: return map(shape, flattened ? path : path + ".entry", depth);
      default: break;
    }
    const auto found = parameters_.find(path);
    return found == parameters_.end() ? json::value() : scalar(shape, found->second);
  }

  json::value list(const Shape& shape, const std::string& path, const std::string& bare, int depth) {
    json::array out;
    const Shape& element = model_.shape(shape.members[0].shape);
    for (std::size_t i = 1; i <= kElementsMax; ++i) {
      json::value item = value(element, path + "." + std::to_string(i), false, depth);
      if (item.is_null()) break;
      out.push_back(std::move(item));
    }
    if (out.empty() && !parameters_.contains(bare)) return {};  // `Name=` is an empty list
    return out;
  }

  json::value map(const Shape& shape, const std::string& path, int depth) {
    json::object out;
    for (std::size_t i = 1; i <= kElementsMax; ++i) {
      const std::string entry = path + "." + std::to_string(i) + ".";
      const auto key = parameters_.find(entry + std::string(shape.members[0].wire_name));
      if (key == parameters_.end()) break;
      if (!is_utf8(key->second)) fail("A map's key");
      out[key->second] =
          value(model_.shape(shape.members[1].shape), entry + std::string(shape.members[1].wire_name), false, depth);
    }
    if (out.empty()) return {};
    return out;
  }

  [[noreturn]] static void fail(const std::string& what) {
    throw AwsError(kMalformedInput, what + " is not valid UTF-8");
  }

  json::value scalar(const Shape& shape, const std::string& text) {
    if (!is_utf8(text)) fail("A value");
    switch (shape.type) {
      case ShapeType::boolean:
        if (text == "true" || text == "True") return true;
        if (text == "false" || text == "False") return false;
        break;
      case ShapeType::integer:
      case ShapeType::long_integer: {
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error == std::errc() && end == text.data() + text.size()) return number;
        break;
      }
      case ShapeType::float_number:
      case ShapeType::double_number: {
        double number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error == std::errc() && end == text.data() + text.size() && std::isfinite(number)) return number;
        break;
      }
      case ShapeType::timestamp:
        if (const auto seconds = parse_timestamp(text)) return *seconds;
        break;
      case ShapeType::blob:
        if (auto bytes = base64_decode(text)) return json::value(*bytes);
        break;
      default: return json::value(text);
    }
    throw AwsError(kMalformedInput, "Unexpected value: " + text);
  }

  const ServiceModel& model_;
  ParameterMap parameters_;
};

class XmlWriter {
 public:
  XmlWriter(std::string& out, const ServiceModel& model) : out_(out), model_(model) {}

  void structure(const Shape& shape, const json::object& members) {
    for (const Member& member : shape.members) {
      const json::value* found = members.if_contains(member.name);
      if (!found || found->is_null()) continue;
      const Shape& target = model_.shape(member.shape);
      if ((member.flattened || target.flattened) && target.type == ShapeType::list) {
        for (const auto& item : found->as_array())
          element(member.wire_name, model_.shape(target.members[0].shape), item);
      } else {
        element(member.wire_name, target, *found);
      }
    }
  }

 private:
  void element(std::string_view name, const Shape& shape, const json::value& value) {
    open(name);
    content(shape, value);
    close(name);
  }

  void content(const Shape& shape, const json::value& value) {
    switch (shape.type) {
      case ShapeType::structure: structure(shape, value.as_object()); break;
      case ShapeType::list:
        for (const auto& item : value.as_array())
          element(shape.members[0].wire_name, model_.shape(shape.members[0].shape), item);
        break;
      case ShapeType::map:
        for (const auto& [key, item] : value.as_object()) {
          open("entry");
          open(shape.members[0].wire_name);
          append_xml_text(out_, key);
          close(shape.members[0].wire_name);
          element(shape.members[1].wire_name, model_.shape(shape.members[1].shape), item);
          close("entry");
        }
        break;
      case ShapeType::timestamp:
        out_ += value.is_string() ? std::string(value.get_string()) : format_iso8601(value.to_number<double>());
        break;
      case ShapeType::blob: base64_append(out_, std::string_view(value.as_string())); break;
      default:
        if (value.is_string()) append_xml_text(out_, std::string_view(value.get_string()));
        else out_ += json::serialize(value);
    }
  }

  void open(std::string_view name) { ((out_ += '<') += name) += '>'; }
  void close(std::string_view name) { ((out_ += "</") += name) += '>'; }

  std::string& out_;
  const ServiceModel& model_;
};

}  // namespace

json::object decode_query(const ServiceModel& model, const Shape& shape, const net::Parameters& parameters) {
  return Decoder(model, parameters).structure(shape, "");
}

std::string encode_query_reply(const ServiceModel& model, const service::OperationShape& operation,
                               const json::object& output, std::string_view request_id) {
  const std::string name(operation.name);
  std::string out = "<" + name + "Response xmlns=\"" + std::string(model.xml_namespace) + "\">";
  if (operation.output != service::kNoShape) {
    const std::string wrapper(operation.result_wrapper.empty() ? name + "Result"
                                                               : std::string(operation.result_wrapper));
    out += "<" + wrapper + ">";
    XmlWriter(out, model).structure(model.shape(operation.output), output);
    out += "</" + wrapper + ">";
  }
  out += "<ResponseMetadata><RequestId>" + std::string(request_id) + "</RequestId></ResponseMetadata></" + name +
         "Response>";
  return out;
}

std::string encode_query_error(const ServiceModel* model, std::string_view code, std::string_view message, int status,
                               std::string_view request_id) {
  std::string out = "<ErrorResponse";
  if (model && !model->xml_namespace.empty()) out += " xmlns=\"" + std::string(model->xml_namespace) + "\"";
  out += "><Error><Type>";
  out += status >= 500 ? "Receiver" : "Sender";
  out += "</Type><Code>";
  append_xml_text(out, code);
  out += "</Code><Message>";
  append_xml_text(out, message);
  out += "</Message></Error><RequestId>" + std::string(request_id) + "</RequestId></ErrorResponse>";
  return out;
}

void append_xml_text(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\r': out += "&#xD;"; break;
      default:
        if (const auto size = utf8_character_size(text.substr(i));
            size == 0 || (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t')) {
          out += "\xEF\xBF\xBD";
        } else {
          out += text.substr(i, size);
          i += size - 1;
        }
    }
  }
}

}  // namespace brume::front
