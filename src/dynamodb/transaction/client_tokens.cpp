#include "dynamodb/transaction/client_tokens.h"

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <vector>

#include "base/bytes.h"
#include "base/crypto.h"
#include "dynamodb/request/errors.h"

namespace brume::dynamodb {
namespace dom = simdjson::dom;
namespace {

constexpr std::size_t kRemovedAtOnce = 1000;
constexpr std::size_t kTimeBytes = sizeof(std::int64_t);

std::int64_t milliseconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

std::uint32_t period_of(WallTime time) {
  return static_cast<std::uint32_t>(milliseconds(time) / std::chrono::milliseconds(kClientTokenLife).count());
}

void append_text(std::string& out, char tag, std::string_view text) {
  out.push_back(tag);
  append_big_endian(out, static_cast<std::uint32_t>(text.size()));
  out.append(text);
}

/// Every kind of value begins with its own letter and delimits itself.
void append_canonical(std::string& out, dom::element value) {
  if (value.is_object()) {
    dom::object object = value;
    boost::container::small_vector<dom::key_value_pair, 8> members;
    for (dom::key_value_pair member : object)
      if (!member.value.is_null()) members.push_back(member);
    std::stable_sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
    out.push_back('{');
    for (const dom::key_value_pair& member : members) {
      append_text(out, '"', member.key);
      append_canonical(out, member.value);
    }
    out.push_back('}');
  } else if (value.is_array()) {
    out.push_back('[');
    for (dom::element element : dom::array(value)) append_canonical(out, element);
    out.push_back(']');
  } else if (value.is_string()) {
    append_text(out, '"', value);
  } else {
    append_text(out, 'v', simdjson::minify(value));
  }
}

}  // namespace

std::string fingerprint_of(dom::element request) {
  // One for a thread: a request is some kilobytes, and every client sends tokens.
  constexpr std::size_t kKeep = 1 << 20;
  thread_local std::string canonical;
  if (canonical.capacity() > kKeep) canonical = std::string();
  canonical.clear();
  append_canonical(canonical, request);
  return sha256(canonical);
}

bool is_known_token(store::Reader& reader, const service::Call& call, std::string_view token,
                    std::string_view fingerprint, WallTime now) {
  const std::uint32_t period = period_of(now);
  for (std::uint32_t candidate : {period, period - 1}) {
    std::string record;
    if (!reader.get(client_token_key(candidate, call.account(), call.region, token), record)) continue;
    if (record.size() < kTimeBytes) throw store::DamagedRecord("a client token's record is malformed");
    const auto done_at = read_big_endian<std::int64_t>(record.data());
    if (milliseconds(now) - done_at >= std::chrono::milliseconds(kClientTokenLife).count()) continue;
    if (record.compare(kTimeBytes, std::string::npos, fingerprint) != 0)
      throw AwsError(kIdempotentParameterMismatch,
                     "The request uses the same client token as a previous, but non-identical request.");
    return true;
  }
  return false;
}

void put_token(store::Transaction& transaction, const service::Call& call, std::string_view token,
               std::string_view fingerprint, WallTime now) {
  std::string record;
  append_big_endian(record, milliseconds(now));
  record.append(fingerprint);
  transaction.put(client_token_key(period_of(now), call.account(), call.region, token), record);
}

std::string token_name(const service::Call& call, std::string_view token) {
  return client_token_key(0, call.account(), call.region, token);
}

// The progress is the first period that may have tokens: a look at former ones would walk over all that was erased.
Task<> remove_expired_tokens(State& state, cluster::Job& job) {
  const std::uint32_t period = period_of(state.clock.now());
  const std::string progress = co_await job.progress();
  const std::uint32_t swept = progress.size() == sizeof swept ? read_big_endian<std::uint32_t>(progress.data()) : 0;
  if (period < 1 || swept >= period - 1) co_return;
  store::Range range = client_tokens(swept, period - 1);
  std::string done;
  append_big_endian(done, period - 1);
  while (!job.stopping()) {
    auto body = [&](store::Transaction& transaction) {
      std::vector<std::string> keys;
      auto cursor = transaction.scan(range);
      for (; cursor->valid() && keys.size() < kRemovedAtOnce; cursor->next()) keys.emplace_back(cursor->key());
      for (const std::string& key : keys) transaction.erase(key);
      if (keys.empty()) job.set_progress(transaction, done);
      return keys.empty() ? std::string() : keys.back();
    };
    store::LockKeys locks = store::lock_on(range.end);
    const std::string last = co_await job.commit(std::move(locks), body);
    if (last.empty()) co_return;
    range.begin = last + '\0';
  }
}

}  // namespace brume::dynamodb
