// Source: CloudWatch Logs API reference, PutLogEvents: what a batch may hold.
#include "observe/logs/api.h"
#include "observe/logs/input.h"
#include "observe/logs/tokens.h"
#include "observe/logs/write.h"

namespace brume::observe {
namespace json = boost::json;
namespace {

constexpr std::size_t kBatchBytesMax = 1'048'576;
constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kTooNew = 2 * kHour;
constexpr std::int64_t kTooOld = 14 * 24 * kHour;
constexpr std::int64_t kSpanMax = 24 * kHour;

std::vector<LogEvent> events_in(const service::Call& call) {
  std::vector<LogEvent> events;
  std::size_t bytes = 0;
  const auto& list = call.input.at("logEvents").as_array();
  events.reserve(list.size());
  for (const auto& entry : list) {
    const auto& event = entry.as_object();
    const auto& time = event.at("timestamp");
    events.push_back({time.is_double() ? static_cast<std::int64_t>(time.as_double()) : time.to_number<std::int64_t>(),
                      json::value_to<std::string>(event.at("message"))});
    bytes += events.back().message.size() + kEventOverhead;
    if (events.size() > 1 && events[events.size() - 2].timestamp_millis > events.back().timestamp_millis)
      throw invalid_parameter("Log events in a single PutLogEvents request must be in chronological order.");
  }
  if (bytes > kBatchBytesMax)
    throw invalid_parameter("Upload too large: " + std::to_string(bytes) + " bytes exceeds limit of " +
                            std::to_string(kBatchBytesMax));
  return events;
}

/// Events [first, end) of a batch are taken; `rejected` tells of the others as the API does.
struct Accepted {
  std::size_t first = 0;
  std::size_t end = 0;
  json::object rejected;
};

Accepted accept(const std::vector<LogEvent>& events, const GroupRecord& group, std::int64_t now) {
  const auto first_from = [&](std::int64_t millis) {
    const auto before = [](const LogEvent& event, std::int64_t limit) { return event.timestamp_millis < limit; };
    return static_cast<std::size_t>(std::lower_bound(events.begin(), events.end(), millis, before) - events.begin());
  };
  Accepted accepted;
  const std::size_t expired = first_from(static_cast<std::int64_t>(group.expired_before(now)));
  const std::size_t too_old = first_from(now - kTooOld);
  accepted.end = first_from(now + kTooNew + 1);
  if (accepted.end < events.size()) accepted.rejected["tooNewLogEventStartIndex"] = accepted.end;
  if (too_old > 0) accepted.rejected["tooOldLogEventEndIndex"] = too_old;
  if (expired > 0) accepted.rejected["expiredLogEventEndIndex"] = expired;
  accepted.first = std::max(expired, too_old);
  accepted.end = std::max(accepted.first, accepted.end);
  if (accepted.first < accepted.end &&
      events[accepted.end - 1].timestamp_millis - events[accepted.first].timestamp_millis > kSpanMax)
    throw invalid_parameter("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  return accepted;
}

}  // namespace

Task<service::Reply> LogsApi::put_log_events(Call& call) {
  const GroupName name = group_named(call);
  const std::string stream = optional_text(call.input, "logStreamName").value_or("");
  const std::vector<LogEvent> events = events_in(call);
  std::uint64_t bytes = 0;
  for (const LogEvent& event : events) bytes += event.message.size() + kEventOverhead;
  if (!logs_.take_quota(name.account, name.region, name.name, bytes)) throw AwsError(kThrottling, "Rate exceeded");
  co_await logs_.flush();  // keeps the order of ingestion where a function's output goes to the same stream
  const std::int64_t received = now();
  auto body = [&](store::Transaction& transaction) {
    const GroupRecord group = require_group(transaction, name);
    require_stream(transaction, group.id, stream);
    Accepted accepted = accept(events, group, received);
    StreamEvents part{stream, {}};
    for (std::size_t i = accepted.first; i < accepted.end; ++i) part.events.push_back(&events[i]);
    CommitNumbers numbers(transaction);
    if (!part.events.empty()) write_events(transaction, numbers, group.id, {part}, false, received);
    json::object output{
        {"nextSequenceToken", event_id({static_cast<std::uint64_t>(received), transaction.version(), 0})}};
    if (!accepted.rejected.empty()) output["rejectedLogEventsInfo"] = std::move(accepted.rejected);
    return output;
  };
  Reply reply;
  reply.output = co_await store_.run(store::lock_on(group_key(name)), body);
  co_return reply;
}

}  // namespace brume::observe
