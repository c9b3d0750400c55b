// Shapes of the AWS API, as compact constant tables. tools/shapes/generate.py emits one table for each
// service from botocore's service-2.json at build time; nothing here is written by hand for a service.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace brume::service {

enum class ShapeType : std::uint8_t {
  structure,
  list,
  map,
  string,
  blob,
  boolean,
  integer,
  long_integer,
  float_number,
  double_number,
  timestamp,
  document
};
enum class Location : std::uint8_t { body, uri, query_string, header, headers, status_code };
enum class TimestampFormat : std::uint8_t { by_protocol, unix_seconds, iso8601, rfc822 };

using ShapeIndex = std::uint16_t;  ///< into ServiceModel::shapes
inline constexpr ShapeIndex kNoShape = 0xffff;

struct Member {
  std::string_view name;       ///< as in the model and in Call::input
  std::string_view wire_name;  ///< locationName, or `name`
  ShapeIndex shape = kNoShape;
  Location location = Location::body;
  bool required = false;
  bool idempotency_token = false;
  bool flattened = false;      ///< XML/query lists
  TimestampFormat timestamp = TimestampFormat::by_protocol;
};

struct Shape {
  std::string_view name;
  ShapeType type = ShapeType::structure;
  std::span<const Member> members = {};        ///< structure; a list has one ("member"), a map two ("key", "value")
  std::string_view payload = {};               ///< structure: member that is the whole body
  double min = std::numeric_limits<double>::quiet_NaN();  ///< length or value; NaN: no bound
  double max = std::numeric_limits<double>::quiet_NaN();
  std::string_view pattern = {};
  std::span<const std::string_view> enum_values = {};
  TimestampFormat timestamp = TimestampFormat::by_protocol;
  bool streaming = false;
  bool sensitive = false;
  bool document = false;                       ///< free-form JSON
  bool is_union = false;
  bool wrapper = false;
  bool flattened = false;
};

struct ErrorShape {
  std::string_view shape;       ///< "ResourceNotFoundException"
  std::string_view code;        ///< error.code of the model, or the shape's name
  int status = 400;
  std::string_view message_member;  ///< "message", "Message", or "" when the shape has none
  ShapeIndex index = kNoShape;      ///< its structure
};

struct OperationShape {
  std::string_view name;
  std::string_view method;      ///< "POST"
  std::string_view uri;         ///< "/2015-03-31/functions/{FunctionName}/invocations"
  int status = 200;             ///< responseCode of the model
  ShapeIndex input = kNoShape;
  ShapeIndex output = kNoShape;
  std::string_view result_wrapper = {};  ///< query protocol
  bool anonymous = false;       ///< takes no credentials (e.g. sts AssumeRoleWithWebIdentity)
};

enum class Protocol : std::uint8_t { json, rest_json, query, rest_xml, ec2 };

struct ServiceModel {
  std::string_view name;             ///< botocore's folder: "dynamodb", "lambda", "apigateway"
  std::string_view service_id;       ///< "DynamoDB"
  std::string_view signing_name;     ///< name in the credential scope
  std::string_view api_version;      ///< "2012-08-10"
  std::string_view target_prefix;    ///< "DynamoDB_20120810"; json protocol
  std::string_view json_version;     ///< "1.0", "1.1"
  std::string_view xml_namespace;
  Protocol protocol = Protocol::json;
  std::span<const Shape> shapes;
  std::span<const OperationShape> operations;  ///< sorted by name
  std::span<const ErrorShape> errors;          ///< sorted by shape

  const Shape& shape(ShapeIndex index) const { return shapes[index]; }
  const OperationShape* operation(std::string_view operation_name) const;
  const ErrorShape* error(std::string_view error_name) const;
};

// One accessor for each service whose model is built in; defined by generated code.
const ServiceModel& dynamodb_model();
const ServiceModel& dynamodbstreams_model();
const ServiceModel& lambda_model();
const ServiceModel& apigateway_model();
const ServiceModel& iam_model();
const ServiceModel& sts_model();
const ServiceModel& logs_model();

}  // namespace brume::service
