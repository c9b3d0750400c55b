#include "lambda/registry.h"

#include <algorithm>

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
  if (record.id != id) throw store::DamagedRecord("a function record names another function: " + record.id.arn());
  return record;
}

/// What a record that cannot be used stands for.
FunctionPtr damaged(const FunctionId& id, std::string reason) {
  auto function = std::make_shared<Function>();
  function->record.id = id;
  function->damage = std::move(reason);
  return function;
}

FunctionRecord write(store::Transaction& transaction, FunctionRecord record) {
  transaction.put(function_key(record.id), record.serialize());
  return record;
}

FunctionRecord read(store::Transaction& transaction, const FunctionId& id) {
  std::string value;
  if (!transaction.get(function_key(id), value)) throw not_found(id.arn());
  return FunctionRecord::parse(value);
}

store::LockKeys lock_of(const FunctionId& id) { return store::lock_on(function_key(id)); }

}  // namespace

Registry::Registry(store::Store& store, const CodeStore& code) : store_(store), code_(code), functions_(store) {
  functions_.follow(function_records(), [this](const cluster::Change& change, auto& edit) {
    if (change.value) edit.keep(change.key, make(function_of(change.key), *change.value));
    else edit.drop(change.key);
  });
}

Task<> Registry::open() {
  cluster::KeptRecords<Function>::Load load(functions_);
  const std::vector<StoredRecord> records = co_await store_.read(read_all);
  for (const StoredRecord& stored : records) load.keep(stored.key, make(function_of(stored.key), stored.value));
}

std::vector<FunctionPtr> Registry::all() const { return functions_.list(function_records()); }

FunctionPtr Registry::find(const FunctionId& id) const { return functions_.find(function_key(id)); }

bool Registry::uses_code(const std::string& sha256) const {
  const std::vector<FunctionPtr> functions = all();
  return std::any_of(functions.begin(), functions.end(),
                     [&](const FunctionPtr& function) { return function->record.code_sha256 == sha256; });
}

FunctionPtr Registry::make(FunctionRecord record) const {
  auto function = std::make_shared<Function>();
  function->spec = record.spec(code_.code_folder(record.code_sha256));
  function->record = std::move(record);
  return function;
}

FunctionPtr Registry::make(const FunctionId& id, std::string_view value) const {
  try {
    return make(parse_record(id, value));
  } catch (const std::exception& error) {
    log_error("lambda_function_unusable", {{"function", id.arn()}, {"error", error.what()}});
    return damaged(id, error.what());
  }
}

Task<FunctionPtr> Registry::create(FunctionRecord record) {
  store::LockKeys locks = lock_of(record.id);
  auto body = [&record](store::Transaction& transaction) {
    std::string existing;
    if (transaction.get(function_key(record.id), existing))
      throw user_error(kResourceConflict, "Function already exist: " + record.id.name);
    return write(transaction, record);
  };
  FunctionRecord written = co_await store_.run(std::move(locks), body);
  co_return make(std::move(written));
}

Task<FunctionPtr> Registry::change(FunctionId id, std::function<void(FunctionRecord&)> edit) {
  auto body = [&](store::Transaction& transaction) {
    FunctionRecord record = read(transaction, id);
    edit(record);
    return write(transaction, std::move(record));
  };
  FunctionRecord written = co_await store_.run(lock_of(id), body);
  co_return make(std::move(written));
}

Task<FunctionPtr> Registry::erase(FunctionId id) {
  auto body = [&](store::Transaction& transaction) {
    std::string value;
    if (!transaction.get(function_key(id), value)) throw not_found(id.arn());
    transaction.erase(function_key(id));
    return value;
  };
  const std::string value = co_await store_.run(lock_of(id), body);
  co_return make(id, value);
}

}  // namespace brume::lambda
