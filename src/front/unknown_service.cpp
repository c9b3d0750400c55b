#include "front/unknown_service.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/json_text.h"
#include "front/query_codec.h"

namespace brume::front {
namespace {

constexpr std::size_t kShownMax = 128;

std::string shown(std::string_view text) { return std::string(text.substr(0, kShownMax)); }

std::string_view parameter(const net::Parameters& parameters, std::string_view wanted) {
  for (const auto& [name, value] : parameters)
    if (name == wanted) return value;
  return {};
}

/// A CBOR text string.
void append_cbor_text(std::string& out, std::string_view text) {
  constexpr unsigned char kText = 0x60, kTwoBytes = 25;
  if (text.size() < 24) {
    out.push_back(static_cast<char>(kText + text.size()));
  } else {
    text = text.substr(0, 0xFFFF);
    out.push_back(static_cast<char>(kText + kTwoBytes));
    append_big_endian(out, static_cast<std::uint16_t>(text.size()));
  }
  out.append(text);
}

std::string cbor_error(const Failure& failure) {
  std::string out = "\xA2";  // a map of two
  append_cbor_text(out, "__type");
  append_cbor_text(out, failure.code);
  append_cbor_text(out, "message");
  append_cbor_text(out, failure.message);
  return out;
}

std::string json_error(const Failure& failure) {
  std::string out = "{\"__type\":";
  append_json_string(out, failure.code);
  out += ",\"message\":";
  append_json_string(out, failure.message);
  return out += '}';
}

/// `before` and `after` stand around code and message.
std::string xml_error(std::string_view before, const Failure& failure, std::string_view after, std::string_view id_name,
                      const std::string& request_id) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
  out.append(before).append("<Code>");
  append_xml_text(out, failure.code);
  out += "</Code><Message>";
  append_xml_text(out, failure.message);
  out.append("</Message>").append(after);
  return out.append("<").append(id_name).append(">").append(request_id).append("</").append(id_name).append(">");
}

}  // namespace

Failure UnknownService::refusal() const {
  return {std::string(kUnsupportedOperation.code),
          "Brume does not have the service " + name + " (asked for " + operation + ")",
          kUnsupportedOperation.status,
          {},
          {}};
}

net::Response UnknownService::encode(const Failure& failure, const std::string& request_id) const {
  net::Response response;
  response.status = failure.status;
  const auto give = [&](std::string_view type, std::string body) {
    response.headers.emplace_back("Content-Type", type);
    response.body = std::move(body);
  };
  switch (form) {
    case ErrorForm::json_1_0: give("application/x-amz-json-1.0", json_error(failure)); break;
    case ErrorForm::json_1_1: give("application/x-amz-json-1.1", json_error(failure)); break;
    case ErrorForm::rest_json:
      response.headers.emplace_back("x-amzn-ErrorType", failure.code);
      give("application/json", json_error(failure));
      break;
    case ErrorForm::query:
      give("text/xml", encode_query_error(nullptr, failure.code, failure.message, failure.status, request_id));
      break;
    case ErrorForm::ec2:
      give("text/xml", xml_error("<Response><Errors><Error>", failure, "</Error></Errors>", "RequestID", request_id) +
                           "</Response>");
      break;
    case ErrorForm::s3:
      give("application/xml", xml_error("<Error>", failure, "", "RequestId", request_id) + "</Error>");
      break;
    case ErrorForm::cbor:
      response.headers.emplace_back("smithy-protocol", "rpc-v2-cbor");
      give("application/cbor", cbor_error(failure));
      break;
  }
  return response;
}

std::optional<UnknownService> unknown_service(const net::Request& request, std::string_view body, const Target& target,
                                              const Directory& directory, std::string_view signing_name) {
  if (target.entry || signing_name.empty()) return std::nullopt;
  UnknownService out{shown(signing_name), std::string(request.method) + " " + shown(request.path),
                     ErrorForm::rest_json};
  // API Gateway's second version signs as the first.
  if (signing_name == "apigateway" && request.path.starts_with("/v2/")) {
    out.name = "apigatewayv2";
    return out;
  }
  const auto& own = directory.services();
  if (std::any_of(own.begin(), own.end(), [&](const auto& one) { return one.model->signing_name == signing_name; }))
    return std::nullopt;
  if (request.header("smithy-protocol") == "rpc-v2-cbor") {
    out.form = ErrorForm::cbor;
    out.operation = shown(request.path.substr(request.path.rfind('/') + 1));
  } else if (const auto header = request.header("x-amz-target")) {
    out.form = request.header_or_empty("content-type").ends_with("1.0") ? ErrorForm::json_1_0 : ErrorForm::json_1_1;
    out.operation = shown(header->substr(header->find('.') + 1));
  } else {
    net::Parameters parameters = net::parse_query(request.query);
    if (request.header_or_empty("content-type").starts_with("application/x-www-form-urlencoded"))
      for (auto& one : net::parse_query(body)) parameters.push_back(std::move(one));
    if (const std::string_view action = parameter(parameters, "Action"); !action.empty()) {
      out.form = signing_name == "ec2" ? ErrorForm::ec2 : ErrorForm::query;
      out.operation = shown(action);
    } else if (signing_name == "s3" || signing_name == "s3express") {
      out.form = ErrorForm::s3;
    } else if (signing_name == "route53" || signing_name == "cloudfront" || signing_name == "s3-outposts") {
      out.form = ErrorForm::query;  // REST with XML has the same errors
    }
  }
  return out;
}

}  // namespace brume::front
