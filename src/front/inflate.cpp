#include "front/inflate.h"

#include <zlib.h>

#include "net/http_message.h"

namespace brume::front {

bool inflate_gzip(std::string_view encoding, std::string_view body, std::size_t bytes_max, std::string& out) {
  if (!net::equal_ignoring_case(encoding, "gzip")) return false;
  z_stream stream{};
  if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) return false;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  int status = Z_OK;
  char buffer[16384];
  while (status == Z_OK && out.size() <= bytes_max) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer);
    stream.avail_out = sizeof buffer;
    status = inflate(&stream, Z_NO_FLUSH);
    out.append(buffer, sizeof buffer - stream.avail_out);
    if (status == Z_BUF_ERROR) break;  // the data ends in the middle
  }
  const bool whole = status == Z_STREAM_END && stream.avail_in == 0 && out.size() <= bytes_max;
  inflateEnd(&stream);
  return whole;
}

}  // namespace brume::front
