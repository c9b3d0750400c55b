#include "observe/series/series_store.h"

#include <bit>

#include "base/bytes.h"
#include "base/crypto.h"
#include "store/key_spaces.h"

namespace brume::observe {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kStep = 250;  // series or points a transaction

std::string space(char kind) { return {store::kObserveSpace, kind}; }
std::string record_key(std::string_view series) { return space('m').append(series); }

/// Every node comes to the same without asking the others.
std::string id_of(std::string_view series) { return sha256(series).substr(0, kIdBytes); }

std::string points_prefix(std::string_view series) { return space('p').append(id_of(series)); }

std::string point_key(std::string_view series, std::int64_t minute) {
  std::string key = points_prefix(series);
  append_big_endian(key, static_cast<std::uint32_t>(minute));
  return key;
}

std::uint32_t minute_of(std::string_view point_key) {
  return read_big_endian<std::uint32_t>(point_key.data() + 2 + kIdBytes);
}

std::string encode(const StatisticSet& set) {
  std::string out;
  for (const double value : {set.count, set.sum, set.min, set.max})
    append_big_endian(out, std::bit_cast<std::uint64_t>(value));
  return out;
}

StatisticSet decode(std::string_view bytes) {
  if (bytes.size() < 32) throw store::DamagedRecord("a metric's point is cut off");
  const auto value = [&](std::size_t i) {
    return std::bit_cast<double>(read_big_endian<std::uint64_t>(bytes.data() + 8 * i));
  };
  return {value(0), value(1), value(2), value(3)};
}

std::int64_t minutes(WallTime time) {
  return std::max<std::int64_t>(0, std::chrono::floor<std::chrono::minutes>(time).time_since_epoch().count());
}

/// At most kStep points of one series; whether there may be more.
bool erase_points(store::Transaction& transaction, const std::string& series, std::uint32_t from, std::uint32_t to) {
  std::vector<std::string> keys;
  {
    const auto cursor = transaction.scan({point_key(series, from), point_key(series, to)});
    for (; cursor->valid() && keys.size() < kStep; cursor->next()) keys.emplace_back(cursor->key());
  }
  for (const std::string& key : keys) transaction.erase(key);
  return keys.size() == kStep;
}

}  // namespace

SeriesStore::SeriesStore(store::Store& store, std::string node, std::size_t series_max)
    : store_(store), node_(std::move(node)), series_max_(series_max) {}

Task<> SeriesStore::open() {
  std::string after;
  do {
    const std::vector<std::string> found = co_await list({}, after, kStep);
    after = found.empty() ? std::string() : found.back();
    known_.insert(found.begin(), found.end());
  } while (!after.empty());
}

void SeriesStore::write_step(store::Transaction& transaction, std::int64_t minute,
                             std::span<const Set* const> sets) const {
  std::string value;
  for (const Set* entry : sets) {
    const std::string key = point_key(entry->first, minute) + node_;
    StatisticSet sum = entry->second;
    if (transaction.get(key, value)) sum.add(decode(value));
    transaction.put(key, encode(sum));
    // Again and again: whoever prunes may have taken a series for dead.
    const std::string record = record_key(entry->first);
    if (!transaction.get(record, value)) transaction.put(record, id_of(entry->first));
  }
}

Task<std::uint64_t> SeriesStore::write(std::vector<SeriesBatch>& batches) {
  std::uint64_t refused = 0;
  while (!batches.empty()) {
    SeriesBatch& batch = batches.back();
    std::vector<const Set*> step;
    for (auto entry = batch.sets.begin(); entry != batch.sets.end() && step.size() < kStep;) {
      if (known_.size() >= series_max_ && !known_.contains(entry->first)) {
        refused += static_cast<std::uint64_t>(entry->second.count);
        entry = batch.sets.erase(entry);
        continue;
      }
      known_.insert(entry->first);
      step.push_back(&*entry);
      ++entry;
    }
    if (!step.empty()) {
      auto body = [&](store::Transaction& transaction) { write_step(transaction, batch.minute, step); };
      co_await store_.run(store::LockKeys(), body);  // nobody else writes this node's points
      std::vector<std::string> written;
      for (const Set* entry : step) written.push_back(entry->first);
      for (const std::string& key : written) batch.sets.erase(key);
    }
    if (batch.sets.empty()) batches.pop_back();
  }
  co_return refused;
}

Task<std::vector<SeriesPoint>> SeriesStore::read(std::string key, WallTime from, WallTime to, std::size_t limit) {
  const store::Range range{point_key(key, minutes(from)), point_key(key, minutes(to))};
  auto body = [&](store::Reader& reader) {
    std::vector<SeriesPoint> out;
    for (auto cursor = reader.scan(range); cursor->valid(); cursor->next()) {
      const std::int64_t minute = minute_of(cursor->key());
      if (out.empty() || out.back().minute != minute) {
        if (out.size() == limit) break;
        out.push_back({minute, {}});
      }
      out.back().set.add(decode(cursor->value()));
    }
    return out;
  };
  std::vector<SeriesPoint> points = co_await store_.read(body);
  co_return points;
}

Task<std::vector<std::string>> SeriesStore::list(std::string prefix, std::string after, std::size_t limit) {
  store::Range range = store::Range::of_prefix(record_key(prefix));
  if (!after.empty()) range.begin = record_key(after) + '\0';
  auto body = [&](store::Reader& reader) {
    std::vector<std::string> out;
    for (auto cursor = reader.scan(range); cursor->valid() && out.size() < limit; cursor->next())
      out.emplace_back(cursor->key().substr(2));
    return out;
  };
  std::vector<std::string> keys = co_await store_.read(body);
  co_return keys;
}

Task<> SeriesStore::prune(WallTime before) {
  // What earlier passes removed is not looked at again: the store is slow to forget it.
  const std::uint32_t from = pruned_to_, to = static_cast<std::uint32_t>(minutes(before));
  std::string after;
  while (true) {
    const std::vector<std::string> some = co_await list({}, after, kStep);
    if (some.empty()) break;
    after = some.back();
    for (const std::string& series : some) {
      bool more = true;
      while (more) {
        auto step = [&](store::Transaction& transaction) { return erase_points(transaction, series, from, to); };
        more = co_await store_.run(store::LockKeys(), step);
      }
      auto end = [&](store::Transaction& transaction) {
        std::string last = points_prefix(series);
        const std::string first = point_key(series, to);
        const store::Range rest{first, store::Range::of_prefix(last).end};
        if (transaction.scan(rest)->valid()) return false;
        transaction.erase(record_key(series));
        return true;
      };
      if (co_await store_.run(store::lock_on(record_key(series)), end)) known_.erase(series);
    }
  }
  pruned_to_ = to;
}

}  // namespace brume::observe
