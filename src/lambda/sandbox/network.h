// How far a function's connections go.
#pragma once

#include <cstdint>
#include <string>

namespace brume::lambda {

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

struct NetworkOptions {
  FunctionNetwork mode = FunctionNetwork::brume;
  /// Where Brume's endpoint is found inside: what the server itself listens on, as an IP address. Port 0: nowhere.
  std::string endpoint_address = "127.0.0.1";
  std::uint16_t endpoint_port = 0;
  /// In `open`: host.brume.internal is this host's loopback; otherwise Brume's endpoint alone, as in `brume`.
  bool host_loopback = false;
};

}  // namespace brume::lambda
