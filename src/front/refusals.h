// What is decided by a request's head alone: how long its body may be, and how a call is refused without it.
#pragma once

#include "front/directory.h"
#include "front/error_reply.h"
#include "front/front.h"

namespace brume::front {

/// Whether a request says that it is signed, soundly or not.
bool claims_signature(const net::Request& head);

/// Whether the request line or the headers are longer than AWS takes them.
bool has_long_head(const net::Request& request);

/// How long the body of a call to `target` may be; also of one that names nothing.
std::size_t body_bytes_max_of(const Target& target);
/// See Front::body_bytes_max.
std::size_t body_bytes_max_of(const net::Request& head, const Directory& directory, AuthMode mode);

/// See Front::refusal. `directory` is not looked at without a head.
net::Response refuse_unread(int status, const net::Request* head, const Directory& directory, AuthMode mode,
                            const std::string& request_id);

}  // namespace brume::front
