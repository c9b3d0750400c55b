#include "net/message/url.h"

#include <algorithm>
#include <boost/asio/ip/address_v6.hpp>
#include <charconv>

#include "net/message/http_message.h"

namespace brume::net {
namespace {

bool valid_host(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f &&
           std::string_view("/?#@\\<>\"^`{|}[]:").find(c) == std::string_view::npos;
  });
}

bool parse_port(std::string_view text, std::uint16_t& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port != 0;
}

}  // namespace

std::optional<Url> parse_url(std::string_view text) {
  Url url;
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  url.secure = equal_ignoring_case(text.substr(0, colon), "https");
  if (!url.secure && !equal_ignoring_case(text.substr(0, colon), "http")) return std::nullopt;
  std::string_view rest = text.substr(colon + 3);
  std::string_view authority = rest.substr(0, std::min(rest.find_first_of("/?#"), rest.size()));
  rest.remove_prefix(authority.size());

  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    url.host = authority.substr(1, bracket - 1);
    port = authority.substr(bracket + 1);
    boost::system::error_code error;
    boost::asio::ip::make_address_v6(url.host, error);
    if (error) return std::nullopt;
    url.authority = "[" + url.host + "]";
  } else {
    const std::size_t end = std::min(authority.find(':'), authority.size());
    url.host = authority.substr(0, end);
    port = authority.substr(end);
    if (!valid_host(url.host)) return std::nullopt;
    url.authority = url.host;
  }
  const std::uint16_t usual_port = url.secure ? 443 : 80;
  url.port = usual_port;
  if (!port.empty() && (port.front() != ':' || !parse_port(port.substr(1), url.port))) return std::nullopt;
  if (url.port != usual_port) url.authority += ":" + std::to_string(url.port);

  rest = rest.substr(0, rest.find('#'));
  for (char c : rest)
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) return std::nullopt;
  if (!rest.starts_with('/')) url.target = "/";
  url.target += rest;
  return url;
}

}  // namespace brume::net
