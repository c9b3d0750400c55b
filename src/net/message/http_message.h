// An HTTP request as parsed and a response as written, independent of the connection's version.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/message/body.h"

namespace brume::net {

struct Takeover;  // net/message/channel.h
struct TlsSession;  // net/transport/tls_session.h

bool equal_ignoring_case(std::string_view a, std::string_view b);

/// One received header; both views point into the connection's buffer.
struct HeaderView {
  std::string_view name;   ///< as sent; compare ignoring case
  std::string_view value;  ///< without surrounding white space
};

/// A request. All views stay valid until the handler's coroutine has returned and the stream of its response is gone.
struct Request {
  std::string_view method;  ///< "GET", "POST", …, as sent
  std::string_view target;  ///< as sent: path and query, undecoded
  std::string_view path;    ///< target up to '?', undecoded
  std::string_view query;   ///< target after '?', undecoded; empty if none
  std::vector<HeaderView> headers;
  std::string_view body;
  BodyStream* stream = nullptr;  ///< the body instead of `body`, where the head decided so (ServerLimits::plan_body)
  std::string_view peer_address;  ///< the client's IP address as text; empty on a Unix-domain socket
  std::uint16_t peer_port = 0;
  bool secure = false;  ///< arrived over TLS
  const TlsSession* tls = nullptr;  ///< what is known of the client by it; null without
  int version_major = 1;          ///< 1 or 2
  int version_minor = 1;          ///< of HTTP/1.x
  std::string_view connect_protocol;  ///< of an Extended CONNECT (RFC 8441), which HTTP/2 alone has; else empty

  /// The first header of that name, or nullopt.
  std::optional<std::string_view> header(std::string_view name) const;
  /// As header(), with "" when absent.
  std::string_view header_or_empty(std::string_view name) const { return header(name).value_or(std::string_view{}); }
};

/// One parameter of a query string or form, percent-decoded, in the order sent.
using Parameters = std::vector<std::pair<std::string, std::string>>;
Parameters parse_query(std::string_view query);

using Header = std::pair<std::string, std::string>;

/// A response. The server adds Content-Length or Transfer-Encoding, Date and Connection.
struct Response {
  int status = 200;
  std::vector<Header> headers;
  std::string body;
  /// The body instead of `body`, if there is one. Sent piece by piece; cancelled when the client leaves. When it fails or
  /// does not give as many bytes as its size(), the connection is closed so that the client sees that.
  std::shared_ptr<BodyStream> stream = nullptr;
  /// What goes on with the connection once the head is sent, in place of a body; with a request that allows it only. The
  /// status is 101 then, or 200 on HTTP/2.
  std::shared_ptr<const Takeover> takeover = nullptr;

  const std::string* header(std::string_view name) const;
  void set_header(std::string_view name, std::string value);  ///< replaces all of that name
};

/// The standard reason phrase; "" for an unknown status.
std::string_view reason_phrase(int status);

}  // namespace brume::net
