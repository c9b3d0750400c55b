#include "store/rocksdb/write_set.h"

#include <limits>
#include <stdexcept>
#include <utility>

namespace brume::store {
namespace {

constexpr char kDeletionTag = 0;
constexpr char kValueTag = 1;

void append_varint(std::string& out, std::size_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

}  // namespace

void WriteSet::set_header(std::string& rep, std::uint32_t count) {
  rep.replace(0, 8, 8, '\0');  // RocksDB fills in the sequence number
  for (int i = 0; i < 4; ++i) rep[8 + i] = static_cast<char>(count >> (8 * i));
}

void WriteSet::add(char tag, std::string_view key, const std::string_view* value) {
  constexpr std::size_t kMax = std::numeric_limits<std::uint32_t>::max();
  if (key.size() > kMax || (value && value->size() > kMax)) throw std::length_error("key or value above 4 GiB");
  if (rep_.empty()) {
    rep_.reserve(kHeaderBytes + 11 + key.size() + (value ? value->size() : 0));
    rep_.assign(kHeaderBytes, '\0');
  }
  Entry entry{};
  rep_.push_back(tag);
  append_varint(rep_, key.size());
  entry.key_at = rep_.size();
  entry.key_bytes = static_cast<std::uint32_t>(key.size());
  rep_ += key;
  entry.erased = value == nullptr;
  if (value) {
    append_varint(rep_, value->size());
    entry.value_at = rep_.size();
    entry.value_bytes = static_cast<std::uint32_t>(value->size());
    rep_ += *value;
  }
  entries_.push_back(entry);
  if (entries_.size() == kLinearMax + 1)
    for (std::size_t i = 0; i < entries_.size(); ++i) index(i);
  else if (entries_.size() > kLinearMax) index(entries_.size() - 1);
}

void WriteSet::index(std::size_t entry) { latest_[std::string(key_of(entries_[entry]))] = entry; }

void WriteSet::put(std::string_view key, std::string_view value) { add(kValueTag, key, &value); }
void WriteSet::erase(std::string_view key) { add(kDeletionTag, key, nullptr); }

bool WriteSet::find(std::string_view key, Found& found) const {
  const Entry* entry = nullptr;
  if (entries_.size() <= kLinearMax) {
    for (std::size_t i = entries_.size(); i-- > 0 && entry == nullptr;)
      if (key_of(entries_[i]) == key) entry = &entries_[i];
  } else if (auto at = latest_.find(std::string(key)); at != latest_.end()) {
    entry = &entries_[at->second];
  }
  if (entry == nullptr) return false;
  found = {entry->erased, std::string_view(rep_).substr(entry->value_at, entry->value_bytes)};
  return true;
}

void WriteSet::clear() {
  rep_.clear();
  entries_.clear();
  latest_.clear();
}

}  // namespace brume::store
