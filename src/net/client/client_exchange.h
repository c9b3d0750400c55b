// One request sent and one response read on a client's connection.
#pragma once

#include <string>

#include "base/task.h"
#include "net/client/client_connection.h"
#include "net/client/http_client.h"
#include "net/http1/response_parser.h"
#include "net/message/url.h"

namespace brume::net {

/// Request line and headers. Errors: ClientError (protocol) for what would break out of its line.
std::string request_head(const ClientRequest& request, const Url& url);

/// How far an exchange came.
struct Progress {
  bool sent = false;            ///< the whole request
  bool response_begun = false;
};

/// Sends `request`, whose head is `head`, and reads until `parser` has the head of the response. While a stream is sent,
/// each of its pieces has the deadline's whole time. Errors: ClientError, the stream's.
Task<> exchange(ClientConnection& connection, const std::string& head, const ClientRequest& request,
                ResponseParser& parser, CallDeadline& deadline, Progress& progress);

/// Reads until `parser` has more of the body, or its end. Errors: ClientError, in the middle of a response as well.
Task<> read_more(ClientConnection& connection, ResponseParser& parser, CallDeadline& deadline);

}  // namespace brume::net
