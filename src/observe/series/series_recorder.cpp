#include "observe/series/series_recorder.h"

namespace brume::observe {
namespace {

std::atomic<std::uint64_t> next_id{1};

}  // namespace

SeriesRecorder::SeriesRecorder(const Clock& clock, std::size_t series_max)
    : clock_(clock), series_max_(series_max), id_(next_id++) {}
SeriesRecorder::~SeriesRecorder() = default;

SeriesRecorder::Shard& SeriesRecorder::shard() {
  struct Known {
    std::uint64_t id;
    Shard* shard;
  };
  // Ids are never used again, so that what is left of a recorder that is gone is never followed.
  thread_local std::vector<Known> known;
  for (const Known& entry : known)
    if (entry.id == id_) return *entry.shard;
  std::lock_guard lock(mutex_);
  shards_.push_back(std::make_unique<Shard>());
  known.insert(known.begin(), {id_, shards_.back().get()});
  return *shards_.back();
}

StatisticSet& SeriesRecorder::at(Shard& mine, std::string_view key) {
  if (const auto found = mine.sets.find(key); found != mine.sets.end()) return found->second;
  if (mine.sets.size() >= series_max_) return mine.overflow;
  if (mine.sets.empty())
    mine.minute = std::chrono::floor<std::chrono::minutes>(clock_.now()).time_since_epoch().count();
  return mine.sets.try_emplace(std::string(key)).first->second;
}

void SeriesRecorder::record(std::string_view key, double value) { at(shard(), key).add(value); }

std::span<StatisticSet* const> SeriesRecorder::add_bundle(Shard& mine, std::string_view key,
                                                          std::vector<std::string> names) {
  const bool room = mine.bundles.size() < series_max_;
  std::vector<StatisticSet*>& bundle = room ? mine.bundles[std::string(key)] : mine.no_room;
  bundle.clear();
  for (const std::string& name : names) bundle.push_back(&at(mine, name));
  return bundle;
}

SeriesBatch SeriesRecorder::take(Shard& mine) {
  SeriesBatch batch;
  batch.minute = mine.minute;
  batch.sets.reserve(mine.sets.size());
  for (auto& [key, set] : mine.sets)
    if (set.count > 0) batch.sets.emplace(key, set);
  mine.bundles.clear();
  mine.sets.clear();
  count_refused(static_cast<std::uint64_t>(mine.overflow.count));
  mine.overflow = StatisticSet();
  return batch;
}

SeriesBatch SeriesRecorder::take() { return take(shard()); }

std::vector<SeriesBatch> SeriesRecorder::take_all() {
  std::lock_guard lock(mutex_);
  std::vector<SeriesBatch> all;
  for (const auto& shard : shards_) all.push_back(take(*shard));
  return all;
}

}  // namespace brume::observe
