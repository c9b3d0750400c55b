// Compressing and uncompressing the messages of permessage-deflate (RFC 7692), on zlib.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace brume::net {

/// The peer's messages, piece by piece. Holds memory while a message is under way, and between them if it remembers.
class MessageInflater {
 public:
  /// `remembers`: messages refer to those before.
  explicit MessageInflater(bool remembers);
  ~MessageInflater();
  MessageInflater(const MessageInflater&) = delete;
  MessageInflater& operator=(const MessageInflater&) = delete;

  enum class Result { good, too_long, malformed };
  /// Appends what `bytes` of a message's payload hold; `out` never gets longer than `most`.
  Result add(std::string_view bytes, std::string& out, std::size_t most);
  /// The message's payload is whole.
  Result end(std::string& out, std::size_t most);

 private:
  struct State;
  Result inflate(std::string_view bytes, std::string& out, std::size_t most);

  const bool remembers_;
  std::unique_ptr<State> state_;
};

/// Our messages. Holds memory between them only if it remembers. Errors: std::bad_alloc.
class MessageDeflater {
 public:
  MessageDeflater(bool remembers, int window_bits);
  ~MessageDeflater();
  MessageDeflater(const MessageDeflater&) = delete;
  MessageDeflater& operator=(const MessageDeflater&) = delete;

  /// The payload to send for `message`.
  std::string deflate(std::string_view message);

 private:
  struct State;
  const bool remembers_;
  const int window_bits_;
  std::unique_ptr<State> state_;
};

}  // namespace brume::net
