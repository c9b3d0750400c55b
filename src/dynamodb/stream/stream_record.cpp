#include "dynamodb/stream/stream_record.h"

#include "base/bytes.h"

namespace brume::dynamodb {

// value: u8 format, i64 creation in milliseconds, u8 flags, then the images before and after with their lengths.
void put_stream_record(store::Transaction& transaction, const Table&, const Stream& stream, const ItemChange& change,
                       std::uint16_t number, WallTime now) {
  constexpr std::uint8_t kFormat = 1, kByTimeToLive = 1;
  std::string key = stream.key_prefix;
  append_big_endian<std::uint32_t>(key, 0);
  append_big_endian(key, transaction.version());
  append_big_endian(key, number);
  std::string value;
  append_big_endian(value, kFormat);
  append_big_endian(value, unix_millis(now));
  append_big_endian<std::uint8_t>(value, change.by_time_to_live ? kByTimeToLive : 0);
  for (wire::ItemView image : {change.before, change.after}) {
    wire::append_varint(value, image.content().size());
    value.append(image.content());
  }
  transaction.put(key, value);
}

}  // namespace brume::dynamodb
