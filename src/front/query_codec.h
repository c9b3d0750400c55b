// The query protocol (IAM, STS): form parameters in, XML out.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "net/message/http_message.h"
#include "service/shape.h"

namespace brume::front {

/// Builds the input of `shape` from parameters such as `Tags.member.1.Key=a`.
/// Errors: AwsError MalformedInput for a value that is not of its member's type.
boost::json::object decode_query(const service::ServiceModel& model, const service::Shape& shape,
                                 const net::Parameters& parameters);

/// The whole reply of an operation.
std::string encode_query_reply(const service::ServiceModel& model, const service::OperationShape& operation,
                               const boost::json::object& output, std::string_view request_id);

std::string encode_query_error(const service::ServiceModel* model, std::string_view code, std::string_view message,
                               int status, std::string_view request_id);

/// Escapes text for an XML element; characters that XML cannot hold become U+FFFD.
void append_xml_text(std::string& out, std::string_view text);

}  // namespace brume::front
