#include "dynamodb/stream/stream_definition.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "base/time_text.h"
#include "dynamodb/request/errors.h"
#include "dynamodb/stream/record_json.h"
#include "dynamodb/table/definition_json.h"

namespace brume::dynamodb {
namespace json = boost::json;
namespace {

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
  stream.label = iso_millis(stream.created_at);
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
