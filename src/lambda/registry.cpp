#include "lambda/registry.h"

#include "lambda/errors.h"
#include "lambda/keys.h"

namespace brume::lambda {
namespace {

std::vector<FunctionRecord> read_all(store::Reader& reader) {
  std::vector<FunctionRecord> out;
  for (auto cursor = reader.scan(function_records()); cursor->valid(); cursor->next())
    out.push_back(FunctionRecord::parse(cursor->value()));
  return out;
}

struct Written {
  FunctionRecord record;
  store::CommitVersion version;
};

Written write(store::Transaction& transaction, FunctionRecord record) {
  transaction.put(function_key(record.id), record.serialize());
  return {std::move(record), transaction.version()};
}

FunctionRecord read(store::Transaction& transaction, const FunctionId& id) {
  std::string value;
  if (!transaction.get(function_key(id), value)) throw not_found(id.arn());
  return FunctionRecord::parse(value);
}

store::LockKeys lock_of(const FunctionId& id) { return store::lock_on(function_key(id)); }

}  // namespace

Task<> Registry::open() {
  std::vector<FunctionRecord> records = co_await store_.read(read_all);
  auto map = std::make_shared<Map>();
  for (auto& record : records) {
    FunctionId id = record.id;
    map->emplace(std::move(id), make(std::move(record)));
  }
  std::lock_guard lock(mutex_);
  map_ = std::move(map);
}

std::shared_ptr<const Registry::Map> Registry::all() const {
  std::lock_guard lock(mutex_);
  return map_;
}

FunctionPtr Registry::find(const FunctionId& id) const {
  const auto map = all();
  const auto found = map->find(id);
  return found == map->end() ? nullptr : found->second;
}

bool Registry::uses_code(const std::string& sha256) const {
  const auto map = all();
  return std::any_of(map->begin(), map->end(),
                     [&](const auto& entry) { return entry.second->record.code_sha256 == sha256; });
}

FunctionPtr Registry::make(FunctionRecord record) const {
  auto function = std::make_shared<Function>();
  function->spec = record.spec(code_.code_folder(record.code_sha256));
  function->record = std::move(record);
  return function;
}

/// Commits of one function may reach this point in another order than they were made: the newest stays.
void Registry::publish(const FunctionId& id, FunctionPtr function, store::CommitVersion version) {
  std::lock_guard lock(mutex_);
  auto& newest = versions_[id];
  if (version <= newest) return;
  newest = version;
  auto map = std::make_shared<Map>(*map_);
  if (function) (*map)[id] = std::move(function);
  else map->erase(id);
  map_ = std::move(map);
}

Task<FunctionPtr> Registry::create(FunctionRecord record) {
  const FunctionId id = record.id;
  auto body = [&record](store::Transaction& transaction) {
    std::string existing;
    if (transaction.get(function_key(record.id), existing))
      throw user_error(kResourceConflict, "Function already exist: " + record.id.name);
    return write(transaction, record);
  };
  Written written = co_await store_.run(lock_of(id), body);
  FunctionPtr function = make(std::move(written.record));
  publish(id, function, written.version);
  co_return function;
}

Task<FunctionPtr> Registry::change(FunctionId id, std::function<void(FunctionRecord&)> edit) {
  auto body = [&](store::Transaction& transaction) {
    FunctionRecord record = read(transaction, id);
    edit(record);
    return write(transaction, std::move(record));
  };
  Written written = co_await store_.run(lock_of(id), body);
  FunctionPtr function = make(std::move(written.record));
  publish(id, function, written.version);
  co_return function;
}

Task<FunctionPtr> Registry::erase(FunctionId id) {
  auto body = [&](store::Transaction& transaction) {
    FunctionRecord record = read(transaction, id);
    transaction.erase(function_key(id));
    return Written{std::move(record), transaction.version()};
  };
  Written written = co_await store_.run(lock_of(id), body);
  publish(id, nullptr, written.version);
  co_return make(std::move(written.record));
}

}  // namespace brume::lambda
