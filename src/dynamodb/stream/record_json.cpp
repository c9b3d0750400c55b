#include "dynamodb/stream/record_json.h"

#include "base/json_text.h"
#include "base/bytes.h"
#include "base/encoding.h"
#include "dynamodb/stream/shard_iterator.h"
#include "wire/item_json.h"
#include "wire/size.h"

namespace brume::dynamodb {
namespace {

std::string_view text_of(StreamEvent event) {
  switch (event) {
    case StreamEvent::insert: return "INSERT";
    case StreamEvent::modify: return "MODIFY";
    default: return "REMOVE";
  }
}

/// 32 hexadecimal digits: the same for a record whenever it is read, and another for each record.
std::string event_id(const Table& table, const Stream& stream, StreamPosition position) {
  std::string name = table.uuid + stream_record_key(stream.key_prefix, position);
  std::string id;
  append_big_endian(id, partition_hash(name));
  name.push_back('2');
  append_big_endian(id, partition_hash(name));
  return hex_encode(id);
}

void append_image(std::string_view name, const std::optional<wire::ItemView>& image, std::size_t& size,
                  std::string& out) {
  if (!image) return;
  size += wire::item_size(*image);
  out.append(",\"").append(name).append("\":");
  wire::append_item_json(*image, out);
}

}  // namespace

std::string_view text_of(StreamView view) {
  switch (view) {
    case StreamView::keys_only: return "KEYS_ONLY";
    case StreamView::new_image: return "NEW_IMAGE";
    case StreamView::old_image: return "OLD_IMAGE";
    default: return "NEW_AND_OLD_IMAGES";
  }
}

void append_record_json(const StreamOfTable& stream, const StoredRecord& record, std::string& out) {
  const Table& table = *stream.table;
  const StreamRecordView view(record.value);
  const std::string keys = key_attributes(table, view.keys);
  std::size_t size = wire::item_size(wire::ItemView(keys));
  out.append("{\"eventID\":\"").append(event_id(table, *stream.stream, record.position));
  out.append("\",\"eventName\":\"").append(text_of(view.event));
  out.append("\",\"eventVersion\":\"1.1\",\"eventSource\":\"aws:dynamodb\",\"awsRegion\":");
  append_json_string(out, table.region);
  // The time is rounded down to the second.
  out.append(",\"dynamodb\":{\"ApproximateCreationDateTime\":");
  out.append(std::to_string(std::chrono::floor<std::chrono::seconds>(view.created_at).time_since_epoch().count()));
  out.append(",\"Keys\":");
  wire::append_item_json(wire::ItemView(keys), out);
  append_image("NewImage", view.after, size, out);
  append_image("OldImage", view.before, size, out);
  out.append(",\"SequenceNumber\":\"").append(sequence_number(record.position));
  out.append("\",\"SizeBytes\":").append(std::to_string(size));
  out.append(",\"StreamViewType\":\"").append(text_of(stream.stream->view)).append("\"}");
  if (view.by_time_to_live)
    out.append(",\"userIdentity\":{\"PrincipalId\":\"dynamodb.amazonaws.com\",\"Type\":\"Service\"}");
  out.push_back('}');
}

}  // namespace brume::dynamodb
