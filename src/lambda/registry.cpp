#include "lambda/registry.h"

#include "base/log.h"
#include "lambda/errors.h"
#include "lambda/keys.h"

namespace brume::lambda {
namespace {

struct StoredRecord {
  std::string key, value;
};

std::vector<StoredRecord> read_all(store::Reader& reader) {
  std::vector<StoredRecord> out;
  for (auto cursor = reader.scan(function_records()); cursor->valid(); cursor->next())
    out.push_back({std::string(cursor->key()), std::string(cursor->value())});
  return out;
}

/// Errors: StoreError for a record that is malformed, or another function's.
FunctionRecord parse_record(const FunctionId& id, std::string_view value) {
  FunctionRecord record = FunctionRecord::parse(value);
  if (record.id != id) throw store::StoreError("a function record names another function: " + record.id.arn());
  return record;
}

/// What a record that cannot be used stands for.
FunctionPtr damaged(const FunctionId& id, std::string reason) {
  auto function = std::make_shared<Function>();
  function->record.id = id;
  function->damage = std::move(reason);
  return function;
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
  const std::vector<StoredRecord> records = co_await store_.read(read_all);
  auto map = std::make_shared<Map>();
  for (const StoredRecord& stored : records) {
    FunctionId id = function_of(stored.key);
    FunctionPtr function;
    try {
      function = make(parse_record(id, stored.value));
    } catch (const std::exception& error) {
      log_error("lambda_function_unusable", {{"function", id.arn()}, {"error", error.what()}});
      function = damaged(id, error.what());
    }
    map->emplace(std::move(id), std::move(function));
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
  if (function) {
    (*map)[id] = std::move(function);
  } else {
    map->erase(id);
    gone_.push_back(id);
  }
  map_ = std::move(map);
}

Registry::Writing::Writing(Registry& registry) : registry_(registry) {
  std::lock_guard lock(registry_.mutex_);
  ++registry_.writing_;
}

/// The version of a function that is gone matters to changes under way alone: they must not bring it back.
Registry::Writing::~Writing() {
  std::lock_guard lock(registry_.mutex_);
  if (--registry_.writing_ > 0) return;
  for (const FunctionId& id : registry_.gone_)
    if (!registry_.map_->contains(id)) registry_.versions_.erase(id);
  registry_.gone_.clear();
}

std::size_t Registry::remembered_versions() const {
  std::lock_guard lock(mutex_);
  return versions_.size();
}

Task<FunctionPtr> Registry::create(FunctionRecord record) {
  const Writing writing(*this);
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
  const Writing writing(*this);
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
  const Writing writing(*this);
  auto body = [&](store::Transaction& transaction) {
    std::string value;
    if (!transaction.get(function_key(id), value)) throw not_found(id.arn());
    transaction.erase(function_key(id));
    return std::pair(std::move(value), transaction.version());
  };
  auto [value, version] = co_await store_.run(lock_of(id), body);
  publish(id, nullptr, version);
  FunctionPtr removed;
  try {
    removed = make(parse_record(id, value));
  } catch (const std::exception& error) {
    removed = damaged(id, error.what());
  }
  co_return removed;
}

}  // namespace brume::lambda
