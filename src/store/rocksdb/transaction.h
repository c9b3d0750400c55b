// What a body given to RocksDbStore::read or ::run sees.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "store/rocksdb/read_view.h"
#include "store/rocksdb/rocksdb_store.h"
#include "store/rocksdb/write_set.h"

namespace brume::store {

class RocksDbReader final : public Reader {
 public:
  explicit RocksDbReader(ReadView& view) : view_(view) {}
  bool get(std::string_view key, std::string& value) override { return view_.get(key, value); }
  std::unique_ptr<Cursor> scan(const Range& range, Direction direction) override {
    return view_.scan(range, direction);
  }

 private:
  ReadView& view_;
};

/// One transaction over all attempts of its body: the writes start anew, the version stays, because the
/// latches are held throughout.
class RocksDbTransaction final : public Transaction {
 public:
  explicit RocksDbTransaction(RocksDbStore& store) : store_(store) {}
  ~RocksDbTransaction() override { settle(); }
  RocksDbTransaction(const RocksDbTransaction&) = delete;
  RocksDbTransaction& operator=(const RocksDbTransaction&) = delete;

  /// Begins an attempt that reads through `view`.
  void begin(ReadView& view) {
    view_ = &view;
    writes_.clear();
    uses_reserve_ = false;
  }

  bool get(std::string_view key, std::string& value) override {
    WriteSet::Found own;
    if (writes_.empty() || !writes_.find(key, own)) return view_->get(key, value);
    if (!own.erased) value.assign(own.value);
    return !own.erased;
  }
  std::unique_ptr<Cursor> scan(const Range& range, Direction direction) override {
    return view_->scan(range, direction);
  }
  void put(std::string_view key, std::string_view value) override { writes_.put(key, value); }
  void erase(std::string_view key) override { writes_.erase(key); }
  CommitVersion version() override {
    if (version_ == 0) version_ = store_.assign_version();
    return version_;
  }

  void use_reserve() override { uses_reserve_ = true; }

  /// Whether it may commit while disk space is short.
  bool may_use_reserve() const;
  WriteSet& writes() { return writes_; }
  CommitVersion taken_version() const { return version_; }
  /// The version is visible, or never will be.
  void settle() {
    if (version_ != 0) store_.versions_.finish(version_);
    version_ = 0;
  }
  /// The version is settled by somebody else, or its outcome is unknown and it stays in flight.
  void release_version() { version_ = 0; }

 private:
  RocksDbStore& store_;
  ReadView* view_ = nullptr;
  WriteSet writes_;
  CommitVersion version_ = 0;
  bool uses_reserve_ = false;
};

inline bool RocksDbTransaction::may_use_reserve() const {
  if (uses_reserve_) return true;
  // What is erased frees at least its key; a little beside it is bookkeeping.
  constexpr std::size_t kBytesAnErase = 1024;
  std::size_t erased = 0, put_bytes = 0;
  writes_.for_each([&](std::string_view key, const std::string_view* value) {
    if (value) put_bytes += key.size() + value->size();
    else ++erased;
  });
  return put_bytes <= erased * kBytesAnErase;
}

}  // namespace brume::store
