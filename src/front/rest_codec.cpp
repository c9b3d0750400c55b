#include "front/rest_codec.h"

#include <boost/json.hpp>
#include <charconv>
#include <cmath>

#include "base/error.h"
#include "front/json_codec.h"
#include "base/utf8.h"

namespace brume::front {
namespace json = boost::json;
using service::Location;
using service::Member;
using service::ServiceModel;
using service::Shape;
using service::ShapeType;
namespace {

json::value scalar(const Shape& shape, std::string_view text) {
  if (!is_utf8(text)) throw AwsError(kSerializationException, "A parameter is not valid UTF-8");
  switch (shape.type) {
    case ShapeType::boolean:
      if (text == "true") return true;
      if (text == "false") return false;
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
    default: return json::value(text);
  }
  throw AwsError(kSerializationException, "STRING_VALUE can not be converted to the type of the parameter");
}

class RequestReader {
 public:
  RequestReader(const ServiceModel& model, const RestMatch& match, const net::Request& request)
      : model_(model), match_(match), request_(request), parameters_(net::parse_query(request.query)) {}

  /// null: absent.
  json::value read(const Member& member) {
    const Shape& shape = model_.shape(member.shape);
    switch (member.location) {
      case Location::uri:
        for (const auto& [name, text] : match_.labels)
          if (name == member.wire_name) return scalar(shape, text);
        return {};
      case Location::query_string: return query(member, shape);
      case Location::header:
        if (const auto text = request_.header(member.wire_name)) return scalar(shape, *text);
        return {};
      case Location::headers: {
        json::object out;
        for (const auto& header : request_.headers)
          if (header.name.size() > member.wire_name.size() &&
              net::equal_ignoring_case(header.name.substr(0, member.wire_name.size()), member.wire_name))
            out[header.name.substr(member.wire_name.size())] = header.value;
        return out;
      }
      default: return {};
    }
  }

 private:
  json::value query(const Member& member, const Shape& shape) {
    if (shape.type == ShapeType::list) {
      json::array out;
      for (const auto& [name, text] : parameters_)
        if (name == member.wire_name) out.push_back(scalar(model_.shape(shape.members[0].shape), text));
      return out.empty() ? json::value() : json::value(std::move(out));
    }
    if (shape.type == ShapeType::map) {  // every parameter that no other member has a name for
      json::object out;
      for (const auto& [name, text] : parameters_)
        if (!is_named(name)) out[name] = scalar(model_.shape(shape.members[1].shape), text);
      return out.empty() ? json::value() : json::value(std::move(out));
    }
    for (const auto& [name, text] : parameters_)
      if (name == member.wire_name) return scalar(shape, text);
    return {};
  }

  /// Whether a member or the route's template has taken the parameter.
  bool is_named(std::string_view name) const {
    if (!is_utf8(name)) throw AwsError(kSerializationException, "A parameter is not valid UTF-8");
    if (name.starts_with("X-Amz-")) return true;  // the signature's
    for (const Member& member : model_.shape(match_.operation->input).members)
      if (member.location == Location::query_string && member.wire_name == name) return true;
    const std::string_view uri = match_.operation->uri;
    const auto mark = uri.find('?');
    return mark != uri.npos && uri.substr(mark + 1, name.size() + 1) == std::string(name) + "=";
  }

  const ServiceModel& model_;
  const RestMatch& match_;
  const net::Request& request_;
  net::Parameters parameters_;
};

const Member* member_named(const Shape& shape, std::string_view name) {
  for (const Member& member : shape.members)
    if (member.name == name) return &member;
  return nullptr;
}

std::string header_text(const Shape& shape, const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (shape.type == ShapeType::timestamp) return format_http_date(value.to_number<double>());
  return json::serialize(value);
}

}  // namespace

void decode_rest(const ServiceModel& model, const RestMatch& match, const net::Request& request, service::Call& call) {
  if (match.operation->input == service::kNoShape) return;
  const Shape& shape = model.shape(match.operation->input);
  const Member* payload = shape.payload.empty() ? nullptr : member_named(shape, shape.payload);
  if (!payload) {
    call.input = decode_structure(model, shape, parse_json_body(model, call.body));
  } else if (const Shape& target = model.shape(payload->shape); target.type == ShapeType::structure) {
    if (!call.body.empty())
      call.input[payload->name] = decode_structure(model, target, parse_json_body(model, call.body));
  } else {
    call.payload = std::string(call.body);
  }
  RequestReader reader(model, match, request);
  for (const Member& member : shape.members) {
    if (member.location == Location::body) continue;
    if (auto value = reader.read(member); !value.is_null()) call.input[member.name] = std::move(value);
  }
}

void encode_rest(const service::Entry& entry, service::Reply reply, net::Response& response) {
  const ServiceModel& model = *entry.model;
  const service::OperationShape& operation = *entry.shape;
  response.status = service::status_of(entry, reply);
  if (operation.output == service::kNoShape) return;
  const Shape& shape = model.shape(operation.output);
  for (const Member& member : shape.members) {
    const json::value* found = reply.output.if_contains(member.name);
    if (!found || found->is_null()) continue;
    const Shape& target = model.shape(member.shape);
    if (member.location == Location::header) {
      response.headers.emplace_back(member.wire_name, header_text(target, *found));
    } else if (member.location == Location::headers) {
      for (const auto& [name, value] : found->as_object())
        response.headers.emplace_back(std::string(member.wire_name) + std::string(name), header_text(target, value));
    }
  }
  const Member* payload = shape.payload.empty() ? nullptr : member_named(shape, shape.payload);
  if (reply.payload) {
    response.body = std::move(*reply.payload);
  } else if (payload) {
    const json::value* found = reply.output.if_contains(payload->name);
    if (!found) return;
    const Shape& target = model.shape(payload->shape);
    if (target.type == ShapeType::structure) encode_structure(response.body, model, target, found->as_object());
    else response.body = header_text(target, *found);
  } else if (response.status != 204) {
    encode_structure(response.body, model, shape, reply.output);
  }
  if (!response.body.empty() && !response.header("content-type"))
    response.headers.emplace_back("Content-Type", "application/json");
}

}  // namespace brume::front
