#include "net/client/client_exchange.h"

#include <algorithm>

#include "net/http1/chunk_head.h"
#include "net/message/characters.h"

namespace brume::net {
namespace {

using Reason = ClientError::Reason;
using Status = ResponseParser::Status;

bool expects_body(std::string_view method) { return method == "POST" || method == "PUT" || method == "PATCH"; }

/// Sends the request's body as it comes, as long as the peer only listens.
Task<> write_stream(ClientConnection& connection, BodyStream& stream, CallDeadline& deadline,
                    ClientConnection::Error& error) {
  const std::optional<std::uint64_t> size = stream.size();
  std::uint64_t sent = 0;
  std::string head;
  while (!error) {
    const std::string_view piece = co_await stream.read();
    deadline.restart();
    if (size && (sent + piece.size() > *size || (piece.empty() && sent < *size)))
      throw ClientError(Reason::protocol, "the request's body is not as long as announced");
    if (size && piece.empty()) co_return;
    if (connection.has_spoken()) {  // it has answered, or has gone
      error = asio::error::operation_aborted;
      co_return;
    }
    head.clear();
    if (!size) {
      if (sent > 0) head += "\r\n";  // behind the chunk before
      append_chunk_head(head, piece.size());
      if (piece.empty()) head += "\r\n";
    }
    co_await connection.write(head, piece, error);
    sent += piece.size();
    if (piece.empty()) co_return;
  }
}

}  // namespace

std::string request_head(const ClientRequest& request, const Url& url) {
  if (!is_token(request.method)) throw ClientError(Reason::protocol, "not a method: " + request.method);
  std::string head = request.method + " " + url.target + " HTTP/1.1\r\n";
  bool has_host = false;
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name) || std::any_of(value.begin(), value.end(), is_control))
      throw ClientError(Reason::protocol, "not a header: " + name);
    // The framing is ours.
    if (equal_ignoring_case(name, "content-length") || equal_ignoring_case(name, "transfer-encoding")) continue;
    has_host = has_host || equal_ignoring_case(name, "host");
    head.append(name).append(": ").append(value).append("\r\n");
  }
  if (!has_host) head.append("Host: ").append(url.authority).append("\r\n");
  const std::optional<std::uint64_t> size = request.stream ? request.stream->size() : request.body.size();
  if (!size) head.append("Transfer-Encoding: chunked\r\n");
  else if (*size > 0 || expects_body(request.method))
    head.append("Content-Length: ").append(std::to_string(*size)).append("\r\n");
  return head.append("\r\n");
}

Task<> read_more(ClientConnection& connection, ResponseParser& parser, CallDeadline& deadline) {
  ClientConnection::Error error;
  co_await connection.read(error);
  if (deadline.expired()) deadline.fail(Reason::timeout, "no response in time");
  Status status = Status::need_more;
  if (!error) status = parser.parse(connection.buffer());
  else if (error == asio::error::eof) status = parser.finish();
  if (error && status != Status::complete)
    deadline.fail(Reason::closed, "closed before the response was complete: " + error.message());
  if (status == Status::malformed) deadline.fail(Reason::protocol, "the response is not HTTP/1.1");
  if (status == Status::too_large) deadline.fail(Reason::too_large, "the response is too large");
}

Task<> exchange(ClientConnection& connection, const std::string& head, const ClientRequest& request,
                ResponseParser& parser, CallDeadline& deadline, Progress& progress) {
  ClientConnection::Error error;
  const CallDeadline::Action give_up(deadline, [&connection] { connection.close(); });
  // A server may answer and close before it has read everything: what it said counts, not the failed write.
  co_await connection.write(head, request.stream ? std::string_view{} : std::string_view(request.body), error);
  if (request.stream && !error) co_await write_stream(connection, *request.stream, deadline, error);
  progress.sent = !error;
  while (!parser.head_complete()) {
    co_await read_more(connection, parser, deadline);
    progress.response_begun = true;
  }
}

}  // namespace brume::net
