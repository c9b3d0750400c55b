// How far a function's connections go.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace brume::lambda {

/// From the narrowest to the widest.
enum class FunctionNetwork : std::uint8_t {
  none,   ///< nowhere: a network namespace with its own loopback
  brume,  ///< to Brume's endpoint, which is on that loopback too
  open,   ///< and beyond, but for link-local addresses and the host's loopback
  host,   ///< where the server's go: the host's network, shared with it and with every other function
};

/// "none", "brume", "open", "host": as on the command line.
inline const char* network_name(FunctionNetwork network) {
  switch (network) {
    case FunctionNetwork::none: return "none";
    case FunctionNetwork::brume: return "brume";
    case FunctionNetwork::open: return "open";
    case FunctionNetwork::host: return "host";
  }
  return "";
}

inline std::optional<FunctionNetwork> network_named(std::string_view name) {
  for (const FunctionNetwork network :
       {FunctionNetwork::none, FunctionNetwork::brume, FunctionNetwork::open, FunctionNetwork::host})
    if (name == network_name(network)) return network;
  return std::nullopt;
}

struct NetworkOptions {
  FunctionNetwork mode = FunctionNetwork::brume;
  /// Where Brume's endpoint is found inside: what the server itself listens on, as an IP address. Port 0: nowhere.
  std::string endpoint_address = "127.0.0.1";
  std::uint16_t endpoint_port = 0;
  /// In `open`: connections by IPv6, too. SandboxHost finds out whether the host makes any.
  bool ipv6 = false;
  /// In `open`: host.brume.internal is this host's loopback; otherwise Brume's endpoint alone, as in `brume`.
  bool host_loopback = false;
};

}  // namespace brume::lambda
