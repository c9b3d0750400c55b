#include "front/error_reply.h"

#include <boost/json/serialize.hpp>

#include "base/json_text.h"
#include "front/json_codec.h"
#include "front/query_codec.h"

namespace brume::front {
namespace json = boost::json;
using service::Protocol;
using service::ServiceModel;
using service::is_dynamodb;
namespace {

std::string type_of(const ServiceModel* model, const Failure& failure) {
  if (model && !is_dynamodb(model)) return failure.code;
  const std::string_view own = model ? std::string_view("com.amazonaws.dynamodb.v20120810") : kCoralService;
  const std::string_view prefix = failure.type_namespace.empty() ? own : failure.type_namespace;
  return std::string(prefix) + "#" + failure.code;
}

bool has_member(const service::Shape& shape, std::string_view name) {
  for (const auto& member : shape.members)
    if (member.name == name) return true;
  return false;
}

std::string json_body(const ServiceModel* model, const Failure& failure, bool with_type) {
  std::string body = "{";
  if (with_type) {
    body += "\"__type\":";
    append_json_string(body, type_of(model, failure));
  }
  const service::ErrorShape* shape = model ? model->error(failure.code) : nullptr;
  std::string_view name = shape && !shape->message_member.empty() ? shape->message_member : std::string_view("message");
  const bool capital = failure.code == kSerializationException.code || failure.code == kAccessDenied.code;
  if (capital && is_dynamodb(model)) name = "Message";
  if (!failure.message.empty()) {
    if (body.size() > 1) body += ',';
    append_json_string(body, name);
    body += ':';
    append_json_string(body, failure.message);
  }
  const service::Shape* structure = shape && shape->index != service::kNoShape ? &model->shape(shape->index) : nullptr;
  if (structure && !failure.wire_members) {
    json::object members = failure.members;
    members.erase(std::string(name));
    // Lambda's errors say whose fault it was.
    if (has_member(*structure, "Type") && !members.contains("Type"))
      members["Type"] = failure.status >= 500 ? "Service" : "User";
    std::string rest;
    encode_structure(rest, *model, *structure, members);
    if (rest.size() > 2) body.append(body.size() > 1 ? "," : "").append(rest, 1, rest.size() - 2);
  } else {
    for (const auto& [key, value] : failure.members) {
      if (body.size() > 1) body += ',';
      append_json_string(body, key);
      (body += ':') += json::serialize(value);
    }
  }
  return body += '}';
}

/// Members that travel as headers, such as Lambda's Retry-After.
void add_headers(net::Response& response, const ServiceModel* model, const Failure& failure) {
  const service::ErrorShape* shape = model ? model->error(failure.code) : nullptr;
  if (!shape || shape->index == service::kNoShape) return;
  for (const auto& member : model->shape(shape->index).members) {
    const json::value* found = failure.members.if_contains(member.name);
    if (member.location != service::Location::header || !found || found->is_null()) continue;
    response.headers.emplace_back(member.wire_name,
                                  found->is_string() ? std::string(found->get_string()) : json::serialize(*found));
  }
}

/// IAM's shape NoSuchEntityException is NoSuchEntity on the wire.
std::string_view query_code(const ServiceModel* model, const Failure& failure) {
  const service::ErrorShape* shape = model ? model->error(failure.code) : nullptr;
  return shape ? shape->code : std::string_view(failure.code);
}

}  // namespace

net::Response encode_failure(const ServiceModel* model, const Failure& failure, const std::string& request_id) {
  net::Response response;
  response.status = failure.status;
  const Protocol protocol = model ? model->protocol : Protocol::json;
  switch (protocol) {
    case Protocol::query:
    case Protocol::ec2:
    case Protocol::rest_xml:
      response.headers.emplace_back("Content-Type", "text/xml");
      response.body =
          encode_query_error(model, query_code(model, failure), failure.message, failure.status, request_id);
      break;
    case Protocol::rest_json:
      response.headers.emplace_back("Content-Type", "application/json");
      response.headers.emplace_back("x-amzn-ErrorType", failure.code);
      add_headers(response, model, failure);
      response.body = json_body(model, failure, false);
      break;
    case Protocol::json:
      response.headers.emplace_back("Content-Type",
                                    "application/x-amz-json-" + std::string(model ? model->json_version : "1.0"));
      response.body = json_body(model, failure, true);
      break;
  }
  return response;
}

}  // namespace brume::front
