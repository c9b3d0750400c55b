#pragma once

#include <string>

namespace brume::server {

/// Whether only this machine can reach a listener at `address` (127.0.0.0/8, ::1, localhost).
bool is_loopback(const std::string& address);

}  // namespace brume::server
