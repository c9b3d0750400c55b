#include "dynamodb/stream/stream_definition.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "dynamodb/errors.h"
#include "dynamodb/stream/record_json.h"
#include "dynamodb/table/definition_json.h"

namespace brume::dynamodb {
namespace json = boost::json;
namespace {

/// "2015-05-11T21:21:33.291"
std::string label_at(WallTime time) {
  const std::int64_t millis = unix_millis(time);
  const std::time_t seconds = millis / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03d", utc.tm_year + 1900, utc.tm_mon + 1,
                utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, static_cast<int>(millis % 1000));
  return text;
}

StreamView view_from_text(std::string_view name) {
  for (StreamView view : {StreamView::keys_only, StreamView::new_image, StreamView::old_image})
    if (text_of(view) == name) return view;
  return StreamView::new_and_old_images;
}

void enable_stream(std::string_view view, WallTime now, bool is_new, Table& table) {
  Stream stream;
  stream.since_creation = is_new;
  stream.number = table.next_stream_number++;
  stream.view = view_from_text(view);
  // Two streams of a table never share a label, although both may be made within a millisecond.
  const auto later = std::chrono::milliseconds(1);
  stream.created_at = table.streams.empty() ? now : std::max(now, table.streams.back().created_at + later);
  stream.label = label_at(stream.created_at);
  table.streams.push_back(std::move(stream));
}

}  // namespace

bool apply_stream_specification(const json::object& input, WallTime now, Table& table) {
  const json::value* given = member(input, "StreamSpecification");
  if (!given) return false;
  const json::object& specification = given->as_object();
  const bool is_new = table.revision == 1 && table.id == TableId{};
  const json::value* flag = member(specification, "StreamEnabled");
  const bool enable = flag && flag->as_bool();
  const std::string view = text(specification, "StreamViewType");
  if (enable && view.empty()) throw_invalid_parameter("If stream is being enabled then UpdateViewType is required");
  if (!enable && !view.empty())
    throw_invalid_parameter("If stream is being disabled, then UpdateViewType must not be specified");
  if (enable) {
    if (table.stream()) throw_validation("Table already has an enabled stream: TableName: " + table.name);
    enable_stream(view, now, is_new, table);
  } else if (!is_new) {
    if (!table.stream()) throw_validation("Table has no stream to disable: TableName: " + table.name);
    disable_stream(now, table);
  }
  return true;
}

void disable_stream(WallTime now, Table& table) {
  if (table.stream()) table.streams.back().disabled_at = now;
}

void describe_stream(const Table& table, json::object& description) {
  if (const Stream* enabled = table.stream())
    description["StreamSpecification"] =
        json::object{{"StreamEnabled", true}, {"StreamViewType", text_of(enabled->view)}};
  if (table.streams.empty()) return;
  const Stream& latest = table.streams.back();
  description["LatestStreamLabel"] = latest.label;
  description["LatestStreamArn"] = table.arn() + "/stream/" + latest.label;
}

}  // namespace brume::dynamodb
