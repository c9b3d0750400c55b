// Agreeing on permessage-deflate (RFC 7692): the Sec-WebSocket-Extensions header.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace brume::net {

enum class DeflatePolicy {
  off,
  each_message,  ///< every message for itself: an idle connection holds no memory for it
  context,       ///< later messages refer to earlier ones: some 80 KiB for each connection that uses it
};

/// Whether a side's compressor remembers the messages before, and how far the server's may look back.
struct DeflateTerms {
  bool server_remembers = true;
  bool client_remembers = true;
  int server_window_bits = 15;
};

struct DeflateAgreement {
  DeflateTerms terms;
  std::string answer;  ///< the header's value
};

/// The first offer in `offered` (the header's values, joined by commas) that a server may take; nullopt: none, or a list
/// that is malformed.
std::optional<DeflateAgreement> agree_on_deflate(std::string_view offered, DeflatePolicy policy);

}  // namespace brume::net
