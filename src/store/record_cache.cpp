#include "store/record_cache.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/seeded_hash.h"

namespace brume::store {

/// One block of memory: this, then the key, then the value. In a bucket's chain and in the shard's ring.
struct RecordCache::Record {
  Record* chain;
  Record* older;
  Record* newer;
  std::uint64_t hash;
  StateNumber since;
  std::uint32_t key_bytes;
  std::uint32_t value_bytes;
  std::uint32_t capacity;  // for key and value
  bool current;            // false: a write is under way
  bool read_lately;

  char* text() { return reinterpret_cast<char*>(this + 1); }
  std::string_view key() { return {text(), key_bytes}; }
  std::string_view value() { return {text() + key_bytes, value_bytes}; }
  std::size_t bytes() const { return bytes_for(capacity); }
  /// With the allocator's share and a bucket.
  static constexpr std::size_t bytes_for(std::size_t capacity) { return sizeof(Record) + capacity + 24; }
  bool holds(std::uint64_t h, std::string_view k) { return hash == h && key() == k; }

  static Record* create(std::uint64_t hash, std::string_view key, std::size_t value_bytes) {
    const std::size_t capacity = key.size() + value_bytes;
    void* memory = std::malloc(sizeof(Record) + capacity);
    if (memory == nullptr) throw std::bad_alloc();
    auto* record = new (memory) Record{};
    record->hash = hash;
    record->key_bytes = static_cast<std::uint32_t>(key.size());
    record->capacity = static_cast<std::uint32_t>(capacity);
    std::memcpy(record->text(), key.data(), key.size());
    return record;
  }
  void set_value(std::string_view value, StateNumber state) {
    value_bytes = static_cast<std::uint32_t>(value.size());
    std::memcpy(text() + key_bytes, value.data(), value.size());
    since = state;
    current = true;
  }
};

/// A write that has begun and not ended. Keys are told apart by their hash: two that share one only lose each
/// other's place in the cache.
struct RecordCache::Write {
  std::uint64_t hash;
  bool alone;  // no other write of the key was under way at any moment of this one
};

struct alignas(64) RecordCache::Shard {
  mutable std::mutex mutex;
  std::vector<Record*> buckets = std::vector<Record*>(16);
  std::size_t records = 0;
  std::size_t bytes = 0;
  Record* oldest = nullptr;
  Record* newest = nullptr;
  std::vector<Write> writes;
  std::uint64_t epoch = 0;  // rises as a write begins
  unsigned blocks = 0;

  ~Shard() {
    while (oldest) drop(oldest);
  }

  Record*& bucket(std::uint64_t hash) { return buckets[hash & (buckets.size() - 1)]; }

  Record* find(std::uint64_t hash, std::string_view key) {
    Record* at = bucket(hash);
    while (at && !at->holds(hash, key)) at = at->chain;
    return at;
  }

  bool being_written(std::uint64_t hash) const {
    return std::any_of(writes.begin(), writes.end(), [hash](const Write& write) { return write.hash == hash; });
  }

  void append(Record* record) {
    record->newer = nullptr;
    record->older = newest;
    (newest ? newest->newer : oldest) = record;
    newest = record;
  }
  void unlink(Record* record) {
    (record->older ? record->older->newer : oldest) = record->newer;
    (record->newer ? record->newer->older : newest) = record->older;
  }

  void add(Record* record) {
    if (records >= buckets.size()) grow();
    Record*& head = bucket(record->hash);
    record->chain = head;
    head = record;
    append(record);
    ++records;
    bytes += record->bytes();
  }

  void drop(Record* record) {
    Record** link = &bucket(record->hash);
    while (*link != record) link = &(*link)->chain;
    *link = record->chain;
    unlink(record);
    --records;
    bytes -= record->bytes();
    std::free(record);
  }

  void grow() {
    std::vector<Record*> old(buckets.size() * 2);
    old.swap(buckets);
    for (Record* at : old) {
      while (at) {
        Record* next = at->chain;
        Record*& head = bucket(at->hash);
        at->chain = head;
        head = at;
        at = next;
      }
    }
  }

  void make_room(std::size_t wanted, std::size_t bytes_max) {
    while (oldest && bytes + wanted > bytes_max) {
      Record* record = oldest;
      if (record->read_lately) {
        record->read_lately = false;
        unlink(record);
        append(record);
      } else {
        drop(record);
      }
    }
  }
};

namespace {

std::uint64_t hash_of(std::string_view key) { return seeded_hash(key); }

}  // namespace

RecordCache::RecordCache(std::size_t bytes)
    : shards_(bytes == 0 ? nullptr : new Shard[kShards]), shard_bytes_max_(bytes / kShards) {}

RecordCache::~RecordCache() = default;

// Buckets are chosen by the low bits, shards by the high ones.
RecordCache::Shard& RecordCache::shard_of(std::uint64_t hash) const { return shards_[hash >> 58]; }

bool RecordCache::get(std::string_view key, StateNumber as_of, std::string& value, StateNumber& since, Ticket& ticket) {
  static_assert(kShards == 64, "shard_of takes six bits");
  if (!enabled()) return false;
  const std::uint64_t hash = hash_of(key);
  Shard& shard = shard_of(hash);
  std::lock_guard lock(shard.mutex);
  Record* record = shard.find(hash, key);
  if (record && record->current && record->since <= as_of) {
    value.assign(record->value());
    since = record->since;
    record->read_lately = true;
    return true;
  }
  ticket.hash_ = hash;
  ticket.epoch_ = shard.epoch;
  ticket.may_insert_ = record == nullptr && shard.blocks == 0 && !shard.being_written(hash);
  return false;
}

void RecordCache::insert(std::string_view key, std::string_view value, StateNumber since, const Ticket& ticket) {
  if (!ticket.may_insert_ || key.size() + value.size() > kRecordBytesMax) return;
  const std::size_t wanted = Record::bytes_for(key.size() + value.size());
  if (wanted > shard_bytes_max_) return;
  Shard& shard = shard_of(ticket.hash_);
  std::lock_guard lock(shard.mutex);
  if (shard.epoch != ticket.epoch_ || shard.find(ticket.hash_, key)) return;
  shard.make_room(wanted, shard_bytes_max_);
  Record* record = Record::create(ticket.hash_, key, value.size());
  record->set_value(value, since);
  shard.add(record);
}

void RecordCache::begin_write(std::string_view key) {
  if (!enabled()) return;
  const std::uint64_t hash = hash_of(key);
  Shard& shard = shard_of(hash);
  std::lock_guard lock(shard.mutex);
  ++shard.epoch;
  bool alone = true;
  for (Write& other : shard.writes)
    if (other.hash == hash) alone = other.alone = false;
  shard.writes.push_back({hash, alone});
  if (Record* record = shard.find(hash, key)) record->current = false;
}

void RecordCache::end_write(std::string_view key, const std::string_view* value, StateNumber since) {
  finish_write(key, value, true, since);
}

void RecordCache::abandon_write(std::string_view key) { finish_write(key, nullptr, false, 0); }

void RecordCache::finish_write(std::string_view key, const std::string_view* value, bool known, StateNumber since) {
  if (!enabled()) return;
  const std::uint64_t hash = hash_of(key);
  Shard& shard = shard_of(hash);
  std::lock_guard lock(shard.mutex);
  // Several writes of one key are none of them alone: which of them is taken off does not matter.
  const auto write =
      std::find_if(shard.writes.begin(), shard.writes.end(), [hash](const Write& w) { return w.hash == hash; });
  const bool alone = write->alone;
  *write = shard.writes.back();
  shard.writes.pop_back();

  Record* record = shard.find(hash, key);
  if (record == nullptr) return;  // a key that nobody reads is not brought in by writing it
  const std::size_t bytes = key.size() + (value ? value->size() : 0);
  const bool keep = known && alone && value && shard.blocks == 0 && bytes <= kRecordBytesMax;
  // Two overlapping writes do not know which of them the engine put last.
  if (!keep || bytes > record->capacity || bytes < record->capacity / 2) {
    const bool read_lately = record->read_lately;
    shard.drop(record);
    if (!keep || Record::bytes_for(bytes) > shard_bytes_max_) return;
    shard.make_room(Record::bytes_for(bytes), shard_bytes_max_);
    record = Record::create(hash, key, value->size());
    record->read_lately = read_lately;
    shard.add(record);
  }
  record->set_value(*value, since);
}

void RecordCache::block() {
  if (!enabled()) return;
  for (std::size_t i = 0; i < kShards; ++i) {
    std::lock_guard lock(shards_[i].mutex);
    ++shards_[i].epoch;
    ++shards_[i].blocks;
  }
}

void RecordCache::remove(std::string_view key) {
  if (!enabled()) return;
  const std::uint64_t hash = hash_of(key);
  Shard& shard = shard_of(hash);
  std::lock_guard lock(shard.mutex);
  if (Record* record = shard.find(hash, key)) shard.drop(record);
}

void RecordCache::unblock() {
  if (!enabled()) return;
  for (std::size_t i = 0; i < kShards; ++i) {
    std::lock_guard lock(shards_[i].mutex);
    --shards_[i].blocks;
  }
}

std::size_t RecordCache::bytes() const {
  std::size_t sum = 0;
  for (std::size_t i = 0; enabled() && i < kShards; ++i) {
    std::lock_guard lock(shards_[i].mutex);
    sum += shards_[i].bytes;
  }
  return sum;
}

}  // namespace brume::store
