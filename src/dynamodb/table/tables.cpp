#include "dynamodb/table/tables.h"

#include <algorithm>

namespace brume::dynamodb {
namespace {

std::uint64_t next_generation() {
  static std::atomic<std::uint64_t> last = 0;
  return ++last;
}

}  // namespace

Tables::Tables() : map_(std::make_shared<const Map>()), generation_(next_generation()) {}

std::size_t Tables::Hash::operator()(const Name& n) const noexcept {
  std::hash<std::string_view> hash;
  return (hash(n.name) * 31 + hash(n.region)) * 31 + hash(n.account);
}

const Tables::Map& Tables::current() const {
  struct Seen {
    std::uint64_t generation = 0;
    std::shared_ptr<const Map> map;
  };
  thread_local Seen seen;
  if (seen.generation != generation_.load(std::memory_order_acquire)) {
    std::lock_guard lock(mutex_);
    seen.map = map_;
    seen.generation = generation_.load(std::memory_order_relaxed);
  }
  return *seen.map;
}

TablePtr Tables::find(std::string_view account, std::string_view region, std::string_view name) const {
  const Map& map = current();
  auto found = map.find(Name{account, region, name});
  return found == map.end() ? nullptr : found->second;
}

void Tables::load(std::vector<TablePtr> tables) {
  auto map = std::make_shared<Map>();
  for (TablePtr& table : tables) {
    Name name = name_of(*table);
    table->live->revision.store(table->revision);
    map->emplace(name, std::move(table));
  }
  std::lock_guard lock(mutex_);
  swap(std::move(map));
}

void Tables::publish(TablePtr table) {
  std::lock_guard lock(mutex_);
  auto found = map_->find(name_of(*table));
  if (found == map_->end()) {
    if (table->revision > 1) return;
  } else {
    const Table& old = *found->second;
    if (table->id < old.id || (table->id == old.id && table->revision <= old.revision)) return;
  }
  auto copy = std::make_shared<Map>(*map_);
  copy->erase(name_of(*table));
  Name name = name_of(*table);
  TablePtr published = table;
  copy->emplace(name, std::move(table));
  swap(std::move(copy));
  published->live->revision.store(published->revision);  // after the map: whoever sees the number finds the table
}

void Tables::remove(const Table& table) {
  std::lock_guard lock(mutex_);
  auto found = map_->find(name_of(table));
  if (found == map_->end() || found->second->id != table.id) return;
  auto copy = std::make_shared<Map>(*map_);
  copy->erase(name_of(table));
  swap(std::move(copy));
}

void Tables::swap(std::shared_ptr<const Map> map) {
  map_ = std::move(map);
  generation_.store(next_generation(), std::memory_order_release);
}

std::vector<TablePtr> Tables::list(std::string_view account, std::string_view region) const {
  std::vector<TablePtr> tables;
  for (const auto& [name, table] : current())
    if (name.account == account && name.region == region) tables.push_back(table);
  std::sort(tables.begin(), tables.end(), [](const auto& a, const auto& b) { return a->name < b->name; });
  return tables;
}

std::vector<TablePtr> Tables::all() const {
  std::vector<TablePtr> tables;
  for (const auto& [name, table] : current()) tables.push_back(table);
  return tables;
}

}  // namespace brume::dynamodb
