#include "dynamodb/stream/stream_operations.h"

#include <algorithm>

#include "dynamodb/request/errors.h"
#include "dynamodb/request/request.h"
#include "dynamodb/state/settling.h"
#include "dynamodb/stream/record_json.h"
#include "dynamodb/stream/shard_iterator.h"
#include "dynamodb/stream/stream_reader.h"
#include "dynamodb/table/definition_json.h"
#include "base/json_members.h"
#include "service/access.h"

namespace brume::dynamodb {
namespace json = boost::json;
namespace {

constexpr ErrorKind kExpiredIterator{"ExpiredIteratorException", 400};
constexpr ErrorKind kTrimmedDataAccess{"TrimmedDataAccessException", 400};
constexpr std::chrono::minutes kIteratorLife{15};
constexpr std::size_t kStreamsMax = 100, kShardsMax = 100, kRecordsMax = 1000;

[[noreturn]] void throw_trimmed() {
  throw AwsError(kTrimmedDataAccess, "The data you are trying to access has been trimmed");
}

[[noreturn]] void throw_stream_not_found(const std::string& arn) {
  throw AwsError(kResourceNotFound, "Requested resource not found: Stream: " + arn + " not found");
}

/// Limit, at most `most`, which is the default too.
std::size_t limit_in(const json::object& input, std::size_t most) {
  const json::value* given = member(input, "Limit");
  if (!given) return most;
  const auto limit = given->to_number<std::int64_t>();
  Constraints constraints;
  if (limit > static_cast<std::int64_t>(most))
    constraints.fail(std::to_string(limit), "limit",
                     "Member must have value less than or equal to " + std::to_string(most));
  constraints.throw_if_any();
  return static_cast<std::size_t>(limit);
}

StreamOfTable stream_in(State& state, const service::Call& call) {
  const std::string arn = text(call.input, "StreamArn");
  auto stream = find_stream(state, call.account(), call.region, arn);
  if (!stream) {
    check_own_account(call, arn);
    throw_stream_not_found(arn);
  }
  return *stream;
}

std::string_view status_of(const State& state, const Stream& stream, bool ended) {
  const WallTime now = state.clock.now();
  if (stream.enabled()) return now < stream.created_at + state.options.status_delay ? "ENABLING" : "ENABLED";
  return !ended || now < *stream.disabled_at + state.options.status_delay ? "DISABLING" : "DISABLED";
}

json::object describe_shard(std::string_view prefix, const Shard& shard) {
  json::object range{{"StartingSequenceNumber", sequence_number(shard.begin())}};
  if (shard.closed) range["EndingSequenceNumber"] = last_sequence_number_before(*shard.end());
  json::object description{{"ShardId", shard_id(prefix, shard)}, {"SequenceNumberRange", std::move(range)}};
  if (auto parent = parent_shard_id(prefix, shard)) description["ParentShardId"] = *parent;
  return description;
}

/// The parent whose children are asked for, "" for all shards.
std::string parent_in(const json::object& input) {
  const json::value* filter = member(input, "ShardFilter");
  if (!filter) return {};
  const std::string parent = text(filter->as_object(), "ShardId");
  if (text(filter->as_object(), "Type").empty() || parent.empty())
    throw_invalid_parameter("ShardFilter needs both Type and ShardId");
  return parent;
}

void describe_shards(const json::object& input, const std::string& prefix, const std::vector<Shard>& shards,
                     json::object& description) {
  const std::size_t limit = limit_in(input, kShardsMax);
  const std::string after = text(input, "ExclusiveStartShardId"), parent = parent_in(input);
  json::array page;
  for (const Shard& shard : shards) {
    if (!after.empty() && shard_id(prefix, shard) <= after) continue;
    if (!parent.empty() && parent_shard_id(prefix, shard) != parent) continue;
    if (page.size() == limit) {
      description["LastEvaluatedShardId"] = page.back().at("ShardId");
      break;
    }
    page.push_back(describe_shard(prefix, shard));
  }
  description["Shards"] = std::move(page);
}

json::array describe_keys(const Table& table) {
  json::array schema;
  schema.push_back(json::object{{"AttributeName", table.partition_key.name}, {"KeyType", "HASH"}});
  if (table.sort_key) schema.push_back(json::object{{"AttributeName", table.sort_key->name}, {"KeyType", "RANGE"}});
  return schema;
}

/// SequenceNumber, which some types of iterators need and others refuse.
std::optional<StreamPosition> position_in_request(const json::object& input, std::string_view type) {
  const bool needed = type == "AT_SEQUENCE_NUMBER" || type == "AFTER_SEQUENCE_NUMBER";
  const std::string number = text(input, "SequenceNumber");
  if (!needed) {
    if (!number.empty())
      throw_invalid_parameter("SequenceNumber must not be specified with ShardIteratorType " + std::string(type));
    return std::nullopt;
  }
  if (number.empty()) throw_invalid_parameter("SequenceNumber is required with ShardIteratorType " + std::string(type));
  auto position = position_of_sequence_number(number);
  if (!position) throw_validation("Invalid SequenceNumber");
  return type == "AFTER_SEQUENCE_NUMBER" ? position->next() : *position;
}

/// Timestamp; nullopt for other types of iterators.
std::optional<WallTime> time_in_request(const json::object& input, std::string_view type, WallTime now) {
  const json::value* given = member(input, "Timestamp");
  if (type != "AT_TIMESTAMP") {
    if (given) throw_invalid_parameter("Timestamp must not be specified with ShardIteratorType " + std::string(type));
    return std::nullopt;
  }
  if (!given) throw_invalid_parameter("Timestamp is required with ShardIteratorType AT_TIMESTAMP");
  const double seconds = given->to_number<double>();
  if (!(seconds <= unix_seconds(now))) throw_invalid_parameter("Timestamp must not be in the future");
  const double millis = std::max(seconds, 0.0) * 1000;
  return WallTime(std::chrono::milliseconds(static_cast<std::int64_t>(millis + 0.5)));
}

struct FoundShard {
  std::optional<Shard> shard;
  store::CommitVersion horizon = 0;
};

/// The shard of the request's ShardId. Errors: ResourceNotFoundException.
Task<FoundShard> shard_in(State& state, StreamOfTable stream, std::string id) {
  const std::string& prefix = stream.stream->key_prefix;
  const std::optional<std::uint32_t> number = shard_number(prefix, id);
  FoundShard found;
  if (number) {
    auto read = [&](store::Reader& reader) {
      return FoundShard{read_shard(reader, prefix, *number), trim_horizon(reader, prefix)};
    };
    found = co_await state.store.read(read);
  }
  if (!found.shard || shard_id(prefix, *found.shard) != id)
    throw AwsError(kResourceNotFound,
                   "Requested resource not found: Shard: " + id + " in Stream: " + stream.arn() + " not found");
  co_return found;
}

/// A sequence number must lie in the shard, and not before what was trimmed.
void check_position(const FoundShard& found, StreamPosition given) {
  if (given < found.shard->begin() || (found.shard->closed && *found.shard->end() < given))
    throw_validation("Invalid SequenceNumber");
  if (given.version < found.horizon) throw_trimmed();
}

/// The stream that an iterator leads to. Errors: ResourceNotFoundException, ValidationException.
StreamOfTable stream_of_iterator(State& state, const service::Call& call, const ShardIterator& iterator) {
  auto stream = find_stream(state, call.account(), call.region, iterator.stream_arn);
  if (!stream || stream->table->id != iterator.table || stream->stream->number != iterator.stream) {
    check_own_account(call, iterator.stream_arn);
    throw_stream_not_found(iterator.stream_arn);
  }
  return *stream;
}

std::string records_json(const StreamOfTable& stream, const RecordPage& page) {
  std::string out = "{\"Records\":[";
  for (const StoredRecord& record : page.records) {
    if (out.back() == '}') out.push_back(',');
    append_record_json(stream, record, out);
  }
  out.push_back(']');
  return out;
}

}  // namespace

Task<service::Reply> list_streams(State& state, service::Call& call) {
  const std::size_t limit = limit_in(call.input, kStreamsMax);
  const std::string only = text(call.input, "TableName"), after = text(call.input, "ExclusiveStartStreamArn");
  if (!after.empty()) find_stream(state, call.account(), call.region, after);  // must be the ARN of some stream
  service::Reply reply;
  json::array page;
  for (const StreamOfTable& stream : list_streams(state, call.account(), call.region)) {
    const std::string arn = stream.arn();
    if ((!only.empty() && stream.table->name != only) || (!after.empty() && arn <= after)) continue;
    if (page.size() == limit) {
      reply.output["LastEvaluatedStreamArn"] = page.back().at("StreamArn");
      break;
    }
    page.push_back(
        json::object{{"StreamArn", arn}, {"TableName", stream.table->name}, {"StreamLabel", stream.stream->label}});
  }
  reply.output["Streams"] = std::move(page);
  co_return reply;
}

Task<service::Reply> describe_stream(State& state, service::Call& call) {
  const StreamOfTable found = stream_in(state, call);
  const Stream& stream = *found.stream;
  auto read = [&](store::Reader& reader) { return read_shards(reader, stream.key_prefix); };
  std::vector<Shard> shards;
  std::string_view status;
  const SteadyTime end = settle_end(state);
  for (bool again = true; again;) {
    shards = co_await state.store.read(read);
    status = status_of(state, stream, shards.empty() || shards.back().closed);
    again = status == "ENABLING" || status == "DISABLING";
    if (again) again = co_await wait_to_settle(state, end);
  }
  json::object description{{"StreamArn", found.arn()},
                           {"StreamLabel", stream.label},
                           {"StreamStatus", status},
                           {"StreamViewType", text_of(stream.view)},
                           {"CreationRequestDateTime", unix_seconds(stream.created_at)},
                           {"TableName", found.table->name},
                           {"KeySchema", describe_keys(*found.table)}};
  describe_shards(call.input, stream.key_prefix, shards, description);
  service::Reply reply;
  reply.output["StreamDescription"] = std::move(description);
  co_return reply;
}

Task<service::Reply> get_shard_iterator(State& state, service::Call& call) {
  const std::string type = text(call.input, "ShardIteratorType");
  const std::optional<StreamPosition> given = position_in_request(call.input, type);
  const std::optional<WallTime> time = time_in_request(call.input, type, state.clock.now());
  const StreamOfTable stream = stream_in(state, call);
  const FoundShard found = co_await shard_in(state, stream, text(call.input, "ShardId"));
  const Shard& shard = *found.shard;

  ShardIterator iterator;
  iterator.stream_arn = stream.arn();
  iterator.table = stream.table->id;
  iterator.stream = stream.stream->number;
  iterator.shard = shard.opened.number;
  iterator.issued_at = state.clock.now();
  if (given) {
    check_position(found, *given);
    iterator.position = *given;
  } else if (time) {
    iterator.position = co_await position_at(state, stream, shard, *time);
  } else if (type == "LATEST") {
    iterator.position = shard.closed ? *shard.end() : latest_position(state);
  } else {
    iterator.position = shard.begin();
    iterator.oldest = true;
  }
  service::Reply reply;
  reply.output["ShardIterator"] = encode(iterator);
  co_return reply;
}

Task<service::Reply> get_records(State& state, service::Call& call) {
  PageLimits limits;
  limits.records = limit_in(call.input, kRecordsMax);
  std::optional<ShardIterator> iterator = decode_shard_iterator(text(call.input, "ShardIterator"));
  if (!iterator) throw_validation("Invalid ShardIterator");
  const WallTime now = state.clock.now();
  const StreamOfTable stream = stream_of_iterator(state, call, *iterator);
  if (now > iterator->issued_at + kIteratorLife)
    throw AwsError(kExpiredIterator, "The provided iterator exceeds the maximum age allowed.");
  const RecordPage page =
      co_await read_records(state, stream, iterator->shard, iterator->position, iterator->oldest, limits);
  if (!page.found || page.trimmed) throw_trimmed();

  service::Reply reply;
  std::string& out = reply.raw.emplace(records_json(stream, page));
  if (!page.at_end) {
    iterator->oldest = false;
    iterator->position = page.next;
    iterator->issued_at = now;
    out.append(",\"NextShardIterator\":\"").append(encode(*iterator)).push_back('"');
  }
  out.push_back('}');
  co_return reply;
}

namespace {

std::vector<service::Access> stream_named(const service::Entry& entry, const service::Call& call) {
  return service::one_access(entry, service::arn_of(call, "dynamodb", "table/", text_view(call.input, "StreamArn")));
}

std::vector<service::Access> stream_of_iterator(const service::Entry& entry, const service::Call& call) {
  const auto iterator = decode_shard_iterator(text_view(call.input, "ShardIterator"));
  const std::string_view stream = iterator ? std::string_view(iterator->stream_arn) : std::string_view();
  return service::one_access(entry, service::arn_of(call, "dynamodb", "table/", stream));
}

}  // namespace

service::Service make_streams_service(State& state) {
  service::Service service;
  service.model = &service::dynamodbstreams_model();
  auto add = [&](std::string_view name, Task<service::Reply> (*handler)(State&, service::Call&),
                 service::AccessOf resource_of) {
    service::Operation operation;
    operation.name = name;
    operation.resource_of = resource_of;
    operation.handler = [&state, handler](service::Call& call) { return handler(state, call); };
    service.operations.push_back(std::move(operation));
  };
  add("DescribeStream", describe_stream, stream_named);
  add("GetRecords", get_records, stream_of_iterator);
  add("GetShardIterator", get_shard_iterator, stream_named);
  add("ListStreams", list_streams, service::no_resource);
  return service;
}

}  // namespace brume::dynamodb
