// JSON bodies, by shape: what a client sent becomes Call::input, what a handler answered becomes the reply.
// Shared by the aws-json and rest-json protocols.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "service/dispatcher.h"
#include "service/shape.h"

namespace brume::front {

/// Parses `body` (empty: {}). Errors: SerializationException, Lambda's InvalidRequestContentException.
boost::json::object parse_json_body(const service::ServiceModel& model, std::string_view body);

/// Takes the members of `shape` located in the body: wire names become model names, base64 becomes bytes,
/// timestamps become seconds; nulls and unknown members are left out. Errors: SerializationException naming
/// what was found.
boost::json::object decode_structure(const service::ServiceModel& model, const service::Shape& shape,
                                     const boost::json::object& wire);

/// The opposite, as text. Members located elsewhere than in the body are left out.
void encode_structure(std::string& out, const service::ServiceModel& model, const service::Shape& shape,
                      const boost::json::object& members);

/// Both for the dispatcher's calls from inside.
const service::JsonText& json_text();

/// An ISO 8601 time ("2026-01-31T12:00:00Z") or RFC 822 date as seconds since 1970; nullopt if it is neither.
std::optional<double> parse_timestamp(std::string_view text);
std::string format_iso8601(double seconds);
std::string format_http_date(double seconds);

}  // namespace brume::front
