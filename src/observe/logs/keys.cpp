#include "observe/logs/keys.h"

#include "base/bytes.h"
#include "store/key_spaces.h"

namespace brume::observe {
namespace {

std::string space(char letter) { return {store::kObserveSpace, letter}; }

std::string numbered(char letter, std::uint64_t number) {
  std::string key = space(letter);
  append_big_endian(key, number);
  return key;
}

}  // namespace

void Position::append_to(std::string& key) const {
  append_big_endian(key, millis);
  append_big_endian(key, version);
  append_big_endian(key, index);
}

Position Position::of_key(std::string_view key) {
  const char* at = key.data() + key.size() - kBytes;
  return {read_big_endian<std::uint64_t>(at), read_big_endian<std::uint64_t>(at + 8),
          read_big_endian<std::uint32_t>(at + 16)};
}

Position Position::successor() const {
  Position next = *this;
  if (++next.index == 0 && ++next.version == 0) ++next.millis;
  return next;
}

std::string group_prefix(std::string_view account, std::string_view region) {
  std::string key = space('g');
  store::append_part(key, account);
  store::append_part(key, region);
  return key;
}

std::string group_key(const GroupName& name) { return group_prefix(name.account, name.region) + name.name; }
store::Range group_records() { return store::Range::of_prefix(space('g')); }

GroupName group_name_of(std::string_view key) {
  key.remove_prefix(2);
  const std::size_t account = key.find('\0');
  const std::size_t region = key.find('\0', account + 1);
  return {std::string(key.substr(0, account)), std::string(key.substr(account + 1, region - account - 1)),
          std::string(key.substr(region + 1))};
}

std::string stream_prefix(GroupId group) { return numbered('s', group); }
std::string stream_key(GroupId group, std::string_view name) { return numbered('s', group).append(name); }

std::string stream_name_key(GroupId group, StreamId stream) {
  std::string key = numbered('n', group);
  append_big_endian(key, stream);
  return key;
}

std::string last_event_prefix(GroupId group) { return numbered('l', group); }

std::string last_event_key(GroupId group, std::uint64_t millis, std::string_view name) {
  std::string key = numbered('l', group);
  append_big_endian(key, millis);
  return key.append(name);
}

std::string stored_bytes_key(GroupId group) { return numbered('b', group); }
std::string event_prefix(GroupId group) { return numbered('e', group); }

std::string event_key(GroupId group, const Position& position) {
  std::string key = event_prefix(group);
  position.append_to(key);
  return key;
}

std::string stream_event_prefix(GroupId group, StreamId stream) {
  std::string key = numbered('t', group);
  append_big_endian(key, stream);
  return key;
}

std::string stream_event_key(GroupId group, StreamId stream, const Position& position) {
  std::string key = stream_event_prefix(group, stream);
  position.append_to(key);
  return key;
}

std::string removed_group_key(GroupId group) { return numbered('r', group); }

std::string removed_stream_key(GroupId group, StreamId stream) {
  std::string key = numbered('d', group);
  append_big_endian(key, stream);
  return key;
}

store::Range removed_groups() { return store::Range::of_prefix(space('r')); }
store::Range removed_streams() { return store::Range::of_prefix(space('d')); }

std::vector<std::string> group_data_prefixes(GroupId group) {
  std::vector<std::string> prefixes;
  for (char letter : {'s', 'n', 'l', 'b', 'e', 't', 'd'}) prefixes.push_back(numbered(letter, group));
  return prefixes;
}

std::string audit_prefix(std::string_view account) {
  std::string key = space('a');
  store::append_part(key, account);
  return key;
}

std::string audit_key(std::string_view account, std::uint64_t millis, std::uint64_t version) {
  std::string key = audit_prefix(account);
  append_big_endian(key, millis);
  append_big_endian(key, version);
  return key;
}

store::Range audit_records() { return store::Range::of_prefix(space('a')); }

}  // namespace brume::observe
