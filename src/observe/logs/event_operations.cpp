// Source: CloudWatch Logs API reference, GetLogEvents and FilterLogEvents.
#include <algorithm>
#include <set>

#include "observe/logs/api.h"
#include "observe/logs/filter_pattern.h"
#include "observe/logs/input.h"
#include "observe/logs/read.h"
#include "observe/logs/tokens.h"
#include "observe/logs/write.h"

namespace brume::observe {
namespace json = boost::json;
namespace {

constexpr std::int64_t kEventsMax = 10'000;
constexpr std::int64_t kBackwardSince = 1'704'067'200'000;  // 2024-01-01T00:00:00Z

std::uint64_t millis_in(const service::Call& call, std::string_view member, std::uint64_t otherwise) {
  const auto value = optional_whole(call.input, member);
  return value ? static_cast<std::uint64_t>(std::max<std::int64_t>(0, *value)) : otherwise;
}

std::size_t limit_in(const service::Call& call) {
  return static_cast<std::size_t>(
      std::clamp<std::int64_t>(optional_whole(call.input, "limit").value_or(kEventsMax), 1, kEventsMax));
}

/// Narrows `scan` to what lies on the token's way.
void go_on(EventScan& scan, const EventToken& token) {
  scan.forward = token.forward;
  if (token.forward) scan.begin = std::max(scan.begin, token.position);
  else scan.end = std::min(scan.end, token.position);
}

struct FilterQuery {
  GroupName group;
  std::vector<std::string> names;
  std::string prefix;
  FilterPattern pattern;

  /// Resolves names within one snapshot: an unknown name is an error, a single one is read by itself.
  EventScan scan_of(store::Reader& reader, std::int64_t now) const {
    const GroupRecord record = require_group(reader, group);
    EventScan scan;
    scan.group = record.id;
    for (const std::string& name : names) {
      const StreamRecord stream = require_stream(reader, record.id, name);
      if (names.size() == 1) scan.stream = stream.id;
    }
    scan.begin.millis = record.expired_before(now);
    return scan;
  }
};

FilterQuery filter_query(const service::Call& call) {
  FilterQuery query;
  query.group = group_identified(call);
  if (const auto* names = call.input.if_contains("logStreamNames"))
    query.names = json::value_to<std::vector<std::string>>(*names);
  query.prefix = optional_text(call.input, "logStreamNamePrefix").value_or("");
  if (!query.names.empty() && !query.prefix.empty())
    throw invalid_parameter("logStreamNames and logStreamNamePrefix cannot be specified together.");
  query.pattern = FilterPattern::parse(optional_text(call.input, "filterPattern").value_or(""));
  return query;
}

/// Only the first page's direction is the caller's choice.
bool forward_in(const service::Call& call) {
  if (optional_flag(call.input, "startFromHead").value_or(true)) return true;
  if (!optional_text(call.input, "nextToken") && optional_whole(call.input, "startTime").value_or(0) < kBackwardSince)
    throw invalid_parameter("startFromHead can be false only when startTime is on or after Jan 1, 2024 00:00:00 UTC.");
  return false;
}

}  // namespace

Task<service::Reply> LogsApi::get_log_events(Call& call) {
  const GroupName group = group_identified(call);
  const std::string name = optional_text(call.input, "logStreamName").value_or("");
  std::optional<EventToken> token;
  if (const auto text = optional_text(call.input, "nextToken")) token = EventToken::parse(*text);
  co_await logs_.flush();
  const std::int64_t time = now();
  auto resolve = [&](store::Reader& reader) {
    const GroupRecord record = require_group(reader, group);
    EventScan scan;
    scan.group = record.id;
    scan.stream = require_stream(reader, record.id, name).id;
    scan.begin.millis = record.expired_before(time);
    return scan;
  };
  EventScan scan = co_await store_.read(resolve);
  scan.begin.millis = std::max(scan.begin.millis, millis_in(call, "startTime", 0));
  scan.end.millis = millis_in(call, "endTime", UINT64_MAX);
  scan.forward = optional_flag(call.input, "startFromHead").value_or(false);
  scan.events_max = limit_in(call);
  if (token) go_on(scan, *token);
  const bool forward = scan.forward;
  EventPage page = co_await read_events(store_, std::move(scan));
  if (!forward) std::reverse(page.events.begin(), page.events.end());

  // An empty page leaves both tokens where they were: that is how clients see that they have reached the end.
  const Position here = token ? token->position : Position();
  const EventToken next{true, page.events.empty() ? here : page.events.back().position.successor()};
  const EventToken previous{false, page.events.empty() ? here : page.events.front().position};
  json::array events;
  events.reserve(page.events.size());
  for (const StoredEvent& event : page.events)
    events.push_back(json::object{
        {"timestamp", event.position.millis}, {"message", event.message}, {"ingestionTime", event.ingestion}});
  Reply reply;
  reply.output = json::object{
      {"events", std::move(events)}, {"nextForwardToken", next.text()}, {"nextBackwardToken", previous.text()}};
  co_return reply;
}

Task<service::Reply> LogsApi::filter_log_events(Call& call) {
  const FilterQuery query = filter_query(call);
  const bool forward = forward_in(call);
  std::optional<EventToken> token;
  if (const auto text = optional_text(call.input, "nextToken")) token = EventToken::parse(*text);
  co_await logs_.flush();
  const std::int64_t time = now();
  auto resolve = [&](store::Reader& reader) { return query.scan_of(reader, time); };
  EventScan scan = co_await store_.read(resolve);
  scan.begin.millis = std::max(scan.begin.millis, millis_in(call, "startTime", 0));
  const std::uint64_t end = millis_in(call, "endTime", UINT64_MAX);
  scan.end.millis = end == UINT64_MAX ? end : end + 1;  // inclusive here, unlike in GetLogEvents
  scan.forward = forward;
  scan.events_max = limit_in(call);
  if (token) go_on(scan, *token);
  const std::set<std::string, std::less<>> names(query.names.begin(), query.names.end());
  if (names.size() > 1) scan.wants_stream = [&names](std::string_view stream) { return names.contains(stream); };
  if (!query.prefix.empty())
    scan.wants_stream = [&query](std::string_view stream) { return stream.starts_with(query.prefix); };
  scan.wants_message = [&query](std::string_view message) { return query.pattern.matches(message); };
  const bool goes_forward = scan.forward;
  const EventPage page = co_await read_events(store_, std::move(scan));

  json::array events;
  events.reserve(page.events.size());
  for (const StoredEvent& event : page.events)
    events.push_back(json::object{{"logStreamName", event.stream},
                                  {"timestamp", event.position.millis},
                                  {"message", event.message},
                                  {"ingestionTime", event.ingestion},
                                  {"eventId", event_id(event.position)}});
  Reply reply;
  reply.output = json::object{{"events", std::move(events)}, {"searchedLogStreams", json::array()}};
  if (!page.exhausted) reply.output["nextToken"] = EventToken{goes_forward, page.next}.text();
  co_return reply;
}

}  // namespace brume::observe
