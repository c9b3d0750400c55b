// Whatever a client sends behind the handshake, cut anywhere, is read the same way, within the limits, without breaking memory.
#include <cstdlib>
#include <string>

#include "base/utf8.h"
#include "net/websocket/message_reader.h"

namespace {

using namespace brume;
using namespace brume::net;

constexpr std::size_t kMessageMax = 5000;

/// All events, in a form that can be compared; aborts on one that must not be.
std::string events_of(std::string_view bytes, std::size_t piece, const MessageReader::Settings& settings) {
  MessageReader reader(settings);
  std::string seen;
  bool over = false;
  while (!bytes.empty()) {
    std::string_view in = bytes.substr(0, piece);
    bytes.remove_prefix(in.size());
    while (true) {
      const MessageReader::Event event = reader.next(in);
      if (event == MessageReader::Event::need_more) break;
      if (over) std::abort();  // something after the end
      seen += static_cast<char>('0' + static_cast<int>(event));
      if (event == MessageReader::Event::message) {
        const WebSocketMessage message = reader.take_message();
        if (message.bytes.size() > kMessageMax || (message.text && !is_utf8(message.bytes))) std::abort();
        seen += message.text ? "t" : "b";
        seen += message.bytes;
      } else if (event == MessageReader::Event::failed) {
        // Where a text is both too long and malformed once uncompressed, the cut decides which is found first.
        if (!settings.deflate) seen += std::to_string(reader.code());
        over = true;
      } else {
        if (reader.control().size() > kControlBytesMax) std::abort();
        seen += reader.control();
        over = event == MessageReader::Event::close;
      }
    }
    if (!in.empty()) std::abort();
    if (reader.held() > 4 * kMessageMax) std::abort();
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 2) return 0;
  const MessageReader::Settings settings{.from_client = (data[0] & 1) == 0,
                                         .frame_bytes_max = 4000,
                                         .message_bytes_max = kMessageMax,
                                         .deflate = (data[0] & 2) != 0,
                                         .deflate_remembers = (data[0] & 4) != 0};
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  if (events_of(bytes, bytes.size() + 1, settings) != events_of(bytes, 1u + data[1], settings)) std::abort();
  return 0;
}
