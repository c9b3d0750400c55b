// The rest-json protocol (Lambda, API Gateway): members in path, query string, headers and body.
#pragma once

#include "front/rest_routes.h"
#include "service/dispatcher.h"

namespace brume::front {

/// Fills `call.input` (and `call.payload`) from the request. Errors: SerializationException.
void decode_rest(const service::ServiceModel& model, const RestMatch& match, const net::Request& request,
                 service::Call& call);

/// Writes status, headers and body of a reply.
void encode_rest(const service::Entry& entry, service::Reply reply, net::Response& response);

}  // namespace brume::front
