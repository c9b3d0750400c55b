#include <algorithm>

#include "observe/logs/api.h"
#include "observe/logs/input.h"
#include "observe/logs/tokens.h"
#include "observe/logs/write.h"

namespace brume::observe {
namespace json = boost::json;
namespace {

constexpr std::size_t kStreamsMax = 50;
constexpr std::size_t kLastEventBytes = 8;  // before the name in a last_event_key

struct StreamQuery {
  GroupName group;
  std::string name_prefix;
  bool by_last_event = false;
  bool descending = false;
  std::string after;  ///< end of the key of the last one shown
  std::size_t limit = kStreamsMax;
};

StreamQuery stream_query(const service::Call& call) {
  StreamQuery query;
  query.group = group_identified(call);
  query.name_prefix = optional_text(call.input, "logStreamNamePrefix").value_or("");
  query.by_last_event = optional_text(call.input, "orderBy") == "LastEventTime";
  if (query.by_last_event && !query.name_prefix.empty())
    throw invalid_parameter("Cannot order by LastEventTime with a logStreamNamePrefix.");
  query.descending = optional_flag(call.input, "descending").value_or(false);
  if (const auto token = optional_text(call.input, "nextToken")) query.after = key_of_token(*token);
  query.limit = static_cast<std::size_t>(
      std::clamp<std::int64_t>(optional_whole(call.input, "limit").value_or(kStreamsMax), 1, kStreamsMax));
  return query;
}

json::object describe(const GroupName& group, std::string_view name, const StreamRecord& record) {
  json::object out{{"logStreamName", name}, {"creationTime", record.created}};
  if (record.events > 0) {
    out["firstEventTimestamp"] = record.first_event;
    out["lastEventTimestamp"] = record.last_event;
    out["lastIngestionTime"] = record.last_ingestion;
    out["uploadSequenceToken"] = event_id({static_cast<std::uint64_t>(record.last_ingestion), record.id, 0});
  }
  out["arn"] = group_arn(group) + ":log-stream:" + std::string(name);
  out["storedBytes"] = 0;  // as AWS shows it since 2019
  return out;
}

store::Range range_of(const StreamQuery& query, const std::string& prefix) {
  store::Range range = store::Range::of_prefix(prefix + query.name_prefix);
  if (query.after.empty()) return range;
  if (query.descending) range.end = std::min(range.end, prefix + query.after);
  else range.begin = std::max(range.begin, prefix + query.after + '\0');
  return range;
}

json::object find_streams(store::Reader& reader, const StreamQuery& query) {
  const GroupRecord group = require_group(reader, query.group);
  const std::string prefix = query.by_last_event ? last_event_prefix(group.id) : stream_prefix(group.id);
  json::array streams;
  json::object out;
  std::string last;
  const store::Range range = range_of(query, prefix);
  auto cursor = reader.scan(range, query.descending ? store::Direction::backward : store::Direction::forward);
  for (; cursor->valid(); cursor->next()) {
    if (streams.size() == query.limit) {
      out["nextToken"] = key_token(last);
      break;
    }
    last = cursor->key().substr(prefix.size());
    if (query.by_last_event) {
      const std::string name = last.substr(std::min(last.size(), kLastEventBytes));
      if (const auto record = find_stream(reader, group.id, name))
        streams.push_back(describe(query.group, name, *record));
    } else {
      streams.push_back(describe(query.group, last, StreamRecord::parse(cursor->value())));
    }
  }
  out["logStreams"] = std::move(streams);
  return out;
}

}  // namespace

Task<service::Reply> LogsApi::create_log_stream(Call& call) {
  const GroupName group = group_named(call);
  const std::string name = optional_text(call.input, "logStreamName").value_or("");
  co_await logs_.flush();  // output from before the call may have created it
  const std::int64_t created = now();
  auto body = [&](store::Transaction& transaction) {
    const GroupRecord record = require_group(transaction, group);
    if (find_stream(transaction, record.id, name))
      throw AwsError(kResourceAlreadyExists, "The specified log stream already exists");
    CommitNumbers numbers(transaction);
    create_stream(transaction, numbers, record.id, name, created);
  };
  co_await store_.run(store::lock_on(group_key(group)), body);
  co_return Reply{};
}

Task<service::Reply> LogsApi::delete_log_stream(Call& call) {
  const GroupName group = group_named(call);
  const std::string name = optional_text(call.input, "logStreamName").value_or("");
  co_await logs_.flush();
  auto body = [&](store::Transaction& transaction) {
    delete_stream(transaction, group, require_group(transaction, group).id, name);
  };
  co_await store_.run(store::lock_on(group_key(group)), body);
  maintenance_.wake();
  co_return Reply{};
}

Task<service::Reply> LogsApi::describe_log_streams(Call& call) {
  const StreamQuery query = stream_query(call);
  co_await logs_.flush();
  auto body = [&](store::Reader& reader) { return find_streams(reader, query); };
  Reply reply;
  reply.output = co_await store_.read(body);
  co_return reply;
}

}  // namespace brume::observe
