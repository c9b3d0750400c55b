#include "lambda/keys.h"

#include <algorithm>

#include "base/bytes.h"
#include "store/key_spaces.h"

namespace brume::lambda {
namespace {
constexpr char kFunctions[] = {store::kLambdaSpace, 'f'};
constexpr char kAsync[] = {store::kLambdaSpace, 'e'};
constexpr char kStarted[] = {store::kLambdaSpace, 't'};
constexpr char kQuarantine[] = {store::kLambdaSpace, 'q'};
constexpr char kFormerAsync[] = {store::kLambdaSpace, 'a'};

std::string function_prefix(const char (&kind)[2], const FunctionId& id) {
  std::string key(kind, 2);
  for (std::string_view part : {std::string_view(id.account), std::string_view(id.region), std::string_view(id.name)})
    store::append_part(key, part);
  return key;
}
}  // namespace

std::string function_key(const FunctionId& id, std::string_view version) {
  return function_prefix(kFunctions, id).append(version);
}

FunctionId function_of(std::string_view key) {
  key.remove_prefix(std::min(key.size(), sizeof kFunctions));
  FunctionId id;
  for (std::string* part : {&id.account, &id.region, &id.name}) {
    const std::size_t end = std::min(key.find('\0'), key.size());
    *part = key.substr(0, end);
    key.remove_prefix(std::min(key.size(), end + 1));
  }
  return id;
}

store::Range function_records() { return store::Range::of_prefix(std::string_view(kFunctions, 2)); }

std::string async_key(const FunctionId& id, std::uint64_t due_millis, std::string_view request_id) {
  std::string key = function_prefix(kAsync, id);
  append_big_endian(key, due_millis);
  key += request_id;
  return key;
}

store::Range async_records() { return store::Range::of_prefix(std::string_view(kAsync, 2)); }
store::Range async_records_of(const FunctionId& id) { return store::Range::of_prefix(function_prefix(kAsync, id)); }

std::optional<AsyncKey> parse_async_key(std::string_view key) {
  key.remove_prefix(2);
  AsyncKey out;
  for (std::string* part : {&out.function.account, &out.function.region, &out.function.name}) {
    const auto end = key.find('\0');
    if (end == key.npos) return std::nullopt;
    *part = key.substr(0, end);
    key.remove_prefix(end + 1);
  }
  if (key.size() < sizeof out.due_millis) return std::nullopt;
  out.due_millis = read_big_endian<std::uint64_t>(key.data());
  return out;
}

std::string started_async_key(std::string_view key) { return std::string(kStarted, 2).append(key.substr(2)); }
std::string async_key_of_started(std::string_view key) { return std::string(kAsync, 2).append(key.substr(2)); }
store::Range started_async_records() { return store::Range::of_prefix(std::string_view(kStarted, 2)); }

std::string quarantine_key(std::string_view key) { return std::string(kQuarantine, 2).append(key.substr(1)); }
store::Range quarantined_records() { return store::Range::of_prefix(std::string_view(kQuarantine, 2)); }
store::Range former_async_records() { return store::Range::of_prefix(std::string_view(kFormerAsync, 2)); }

}  // namespace brume::lambda
