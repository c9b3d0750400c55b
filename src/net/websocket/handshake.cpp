#include "net/websocket/handshake.h"

#include <memory>
#include <optional>
#include <utility>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/text.h"
#include "net/message/channel.h"
#include "net/message/characters.h"

namespace brume::net {
namespace {

constexpr std::string_view kVersion = "13";
constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::size_t kKeyBytes = 16;

/// The values of all headers of that name, joined as one list.
std::string joined(const Request& request, std::string_view name) {
  std::string list;
  for (const HeaderView& header : request.headers) {
    if (!equal_ignoring_case(header.name, name)) continue;
    if (!list.empty()) list += ",";
    list += header.value;
  }
  return list;
}

std::vector<std::string> elements(std::string_view list) {
  std::vector<std::string> all;
  for (const std::string_view part : split(list, ','))
    if (const std::string_view element = trim(part); !element.empty()) all.emplace_back(element);
  return all;
}

bool lists(const Request& request, std::string_view name, std::string_view wanted) {
  for (const std::string& element : elements(joined(request, name)))
    if (equal_ignoring_case(element, wanted)) return true;
  return false;
}

std::size_t count(const Request& request, std::string_view name) {
  std::size_t found = 0;
  for (const HeaderView& header : request.headers)
    if (equal_ignoring_case(header.name, name)) ++found;
  return found;
}

Response refusal(int status, const std::string& why) {
  Response response;
  response.status = status;
  response.headers = {{"Content-Type", "text/plain"}, {"Sec-WebSocket-Version", std::string(kVersion)}};
  response.body = why + "\n";
  return response;
}

/// What is wrong with it; empty: nothing.
std::string fault_of(const Request& request) {
  if (request.version_major == 2) return {};  // nghttp2 and the :protocol field have seen to it
  if (request.method != "GET" || request.version_minor < 1) return "a WebSocket begins with a GET of HTTP/1.1";
  if (!lists(request, "upgrade", "websocket")) return "the Upgrade header does not say websocket";
  if (!lists(request, "connection", "upgrade")) return "the Connection header does not say upgrade";
  if (!request.body.empty() || request.stream) return "a WebSocket's request has no body";
  const auto key = base64_decode(request.header_or_empty("sec-websocket-key"));
  if (count(request, "sec-websocket-key") != 1 || !key || key->size() != kKeyBytes)
    return "there must be one Sec-WebSocket-Key, of 16 bytes in base64";
  return {};
}

}  // namespace

bool asks_for_websocket(const Request& request) {
  if (request.version_major == 2) return equal_ignoring_case(request.connect_protocol, "websocket");
  return lists(request, "upgrade", "websocket");
}

std::vector<std::string> offered_subprotocols(const Request& request) {
  std::vector<std::string> offered = elements(joined(request, "sec-websocket-protocol"));
  for (const std::string& name : offered)
    if (!is_token(name)) return {};
  return offered;
}

std::string websocket_accept(std::string_view key) { return base64_encode(sha1(std::string(key).append(kGuid))); }

Response accept_websocket(const Request& request, const WebSocketSettings& settings, WebSocket::Handler handler,
                          const std::string& subprotocol) {
  if (!asks_for_websocket(request)) return refusal(426, "this address speaks WebSocket");
  if (const std::string fault = fault_of(request); !fault.empty()) return refusal(400, fault);
  if (count(request, "sec-websocket-version") != 1 || request.header_or_empty("sec-websocket-version") != kVersion)
    return refusal(426, "the version of WebSocket spoken here is 13");
  const auto agreed = agree_on_deflate(joined(request, "sec-websocket-extensions"), settings.deflate);

  Response response;
  response.status = request.version_major == 2 ? 200 : 101;
  if (request.version_major == 1)
    response.set_header("Sec-WebSocket-Accept", websocket_accept(request.header_or_empty("sec-websocket-key")));
  if (!subprotocol.empty()) response.set_header("Sec-WebSocket-Protocol", subprotocol);
  if (agreed) response.set_header("Sec-WebSocket-Extensions", agreed->answer);
  auto takeover = std::make_shared<Takeover>();
  takeover->protocol = "websocket";
  takeover->run = [settings, handler = std::move(handler),
                   terms = agreed ? std::optional(agreed->terms) : std::nullopt](Channel& channel) {
    return WebSocket::serve(channel, settings, terms, handler);
  };
  response.takeover = std::move(takeover);
  return response;
}

}  // namespace brume::net
