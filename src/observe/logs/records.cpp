#include "observe/logs/records.h"

#include <boost/json.hpp>

#include "base/bytes.h"
#include "service/arn.h"

namespace brume::observe {
namespace json = boost::json;
namespace {

constexpr std::size_t kEventHead = 16;

template <class Read>
auto parse_record(std::string_view text, std::string_view what, Read read) try {
  const json::value value = json::parse(json::string_view(text.data(), text.size()));
  return read(value.as_object());
} catch (const std::exception& error) {
  throw store::DamagedRecord("a record of a " + std::string(what) + " is malformed: " + error.what());
}

}  // namespace

std::string GroupRecord::serialize() const {
  json::object out{{"id", id}, {"created", created}, {"class", group_class}};
  if (retention_days) out["retention"] = *retention_days;
  if (!tags.empty()) out["tags"] = json::value_from(tags);
  return json::serialize(out);
}

GroupRecord GroupRecord::parse(std::string_view text) {
  return parse_record(text, "log group", [](const json::object& in) {
    GroupRecord out;
    out.id = in.at("id").to_number<GroupId>();
    out.created = in.at("created").to_number<std::int64_t>();
    out.group_class = json::value_to<std::string>(in.at("class"));
    if (const auto* days = in.if_contains("retention")) out.retention_days = days->to_number<std::int64_t>();
    if (const auto* tags = in.if_contains("tags")) out.tags = json::value_to<std::map<std::string, std::string>>(*tags);
    return out;
  });
}

std::uint64_t GroupRecord::expired_before(std::int64_t now_millis) const {
  if (!retention_days) return 0;
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, now_millis - *retention_days * 86'400'000));
}

std::string StreamRecord::serialize() const {
  return json::serialize(json::object{{"id", id},
                                      {"created", created},
                                      {"events", events},
                                      {"first", first_event},
                                      {"last", last_event},
                                      {"ingestion", last_ingestion}});
}

StreamRecord StreamRecord::parse(std::string_view text) {
  return parse_record(text, "log stream", [](const json::object& in) {
    const auto number = [&](std::string_view key) { return in.at(key).to_number<std::int64_t>(); };
    StreamRecord out;
    out.id = in.at("id").to_number<StreamId>();
    out.created = number("created");
    out.events = number("events");
    out.first_event = number("first");
    out.last_event = number("last");
    out.last_ingestion = number("ingestion");
    return out;
  });
}

std::string serialize_event(StreamId stream, std::int64_t ingestion, std::string_view message) {
  std::string out;
  out.reserve(kEventHead + message.size());
  append_big_endian(out, stream);
  append_big_endian(out, ingestion);
  return out.append(message);
}

EventView EventView::parse(std::string_view value) {
  if (value.size() < kEventHead) throw store::DamagedRecord("a log event is malformed");
  return {read_big_endian<StreamId>(value.data()), read_big_endian<std::int64_t>(value.data() + 8),
          value.substr(kEventHead)};
}

std::string group_arn(const GroupName& name) {
  return service::make_arn("logs", name.region, name.account, "log-group:" + name.name);
}

}  // namespace brume::observe
