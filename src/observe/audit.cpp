#include "observe/audit.h"

#include <boost/json.hpp>

#include "base/time_text.h"
#include "base/bytes.h"
#include "observe/audit_masking.h"
#include "observe/logs/keys.h"
#include "base/utf8.h"
#include "service/arn.h"

namespace brume::observe {
namespace json = boost::json;
namespace {

json::object user_identity(const AuditEvent& event) {
  const auto arn = service::Arn::parse(event.principal_arn);
  const std::string_view kind = arn ? arn->kind() : std::string_view();
  std::string_view type = "IAMUser";
  if (kind == "root") type = "Root";
  else if (kind == "assumed-role") type = "AssumedRole";
  else if (!arn) type = "AWSAccount";
  json::object out{
      {"type", type}, {"principalId", event.user_id}, {"arn", event.principal_arn}, {"accountId", event.account}};
  if (!event.access_key_id.empty()) out["accessKeyId"] = event.access_key_id;
  if (type == "IAMUser") out["userName"] = arn->name();
  return out;
}

std::uint64_t key_millis(WallTime time) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, unix_millis(time)));
}

std::string key_from(std::string_view account, WallTime time) {
  std::string key = audit_prefix(account);
  append_big_endian(key, key_millis(time));
  return key;
}

/// Expired records of every account, at most `limit`, from `begin` on unless that is "".
std::vector<std::string> expired_keys(store::Reader& reader, WallTime before, std::size_t limit,
                                      const std::string& begin) {
  std::vector<std::string> keys;
  store::Range all = audit_records();
  if (!begin.empty()) all.begin = begin;
  while (keys.size() < limit) {
    std::string account;
    {
      const auto first = reader.scan(all);
      if (!first->valid()) break;
      const std::string_view rest = first->key().substr(2);
      account = rest.substr(0, rest.find('\0'));
    }
    const store::Range range{std::max(audit_prefix(account), begin), key_from(account, before)};
    for (auto cursor = reader.scan(range); cursor->valid() && keys.size() < limit; cursor->next())
      keys.emplace_back(cursor->key());
    all.begin = store::Range::of_prefix(audit_prefix(account)).end;
  }
  return keys;
}

}  // namespace

json::object cloud_trail_record(const AuditEvent& event, std::string event_id) {
  json::object out{{"eventVersion", "1.11"},
                   {"userIdentity", user_identity(event)},
                   {"eventTime", iso_seconds(event.time)},
                   {"eventSource", event.event_source},
                   {"eventName", event.event_name},
                   {"awsRegion", event.region},
                   {"sourceIPAddress", event.source_ip},
                   {"userAgent", event.user_agent}};
  if (!event.error_code.empty()) out["errorCode"] = event.error_code;
  if (!event.error_message.empty()) out["errorMessage"] = event.error_message;
  out["requestParameters"] = event.request_parameters.empty()
                                 ? json::value(nullptr)
                                 : json::value(masked_parameters(event.request_parameters));
  out["responseElements"] = nullptr;
  out["requestID"] = event.request_id;
  out["eventID"] = std::move(event_id);
  out["readOnly"] = event.read_only;
  out["eventType"] = "AwsApiCall";
  out["managementEvent"] = true;
  out["recipientAccountId"] = event.account;
  out["eventCategory"] = "Management";
  return out;
}

bool Audit::may_keep(const AuditEvent& event, std::size_t bytes) {
  const bool changed = event.error_code.empty() && !event.read_only;
  if (!changed && space_ && space_->level() >= store::SpaceLevel::low) return false;
  return (changed ? changes_ : others_).take(event.account, bytes);
}

Task<> Audit::record(AuditEvent event) {
  // Blobs and header texts may hold any bytes; one record that is no JSON would make its whole account unreadable.
  const std::string text = to_valid_utf8(json::serialize(cloud_trail_record(event, random_.uuid())));
  if (!may_keep(event, text.size())) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    dropped_bytes_.fetch_add(text.size(), std::memory_order_relaxed);
    co_return;
  }
  const std::uint64_t millis = key_millis(event.time);
  auto body = [&](store::Transaction& transaction) {
    transaction.put(audit_key(event.account, millis, transaction.version()), text);
    transaction.use_reserve();  // of what was let through itself
  };
  co_await store_.run(store::LockKeys(), body);
}

Task<std::vector<json::object>> Audit::list(std::string account, WallTime from, WallTime to, std::size_t limit) {
  const store::Range range{key_from(account, from), key_from(account, to)};
  auto body = [&](store::Reader& reader) {
    std::vector<std::string> found;
    for (auto cursor = reader.scan(range); cursor->valid() && found.size() < limit; cursor->next())
      found.emplace_back(cursor->value());
    return found;
  };
  const std::vector<std::string> texts = co_await store_.read(body);
  std::vector<json::object> out;
  out.reserve(texts.size());
  for (const std::string& text : texts) out.push_back(json::parse(text).as_object());
  co_return out;
}

Task<std::size_t> Audit::prune(cluster::Job& job, WallTime now, std::size_t limit, std::string& position) {
  auto body = [&](store::Transaction& transaction) {
    std::vector<std::string> keys = expired_keys(transaction, now - kRetention, limit, position);
    for (const std::string& key : keys) transaction.erase(key);
    return keys;
  };
  const std::vector<std::string> gone = co_await job.commit(store::LockKeys(), body);
  if (!gone.empty()) position = gone.back();
  co_return gone.size();
}

}  // namespace brume::observe
