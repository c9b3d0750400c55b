#include "store/rocksdb/read_view.h"

#include <algorithm>
#include <utility>

namespace brume::store {
namespace {

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }
std::string_view view(rocksdb::Slice s) { return {s.data(), s.size()}; }

class RocksDbCursor final : public Cursor {
 public:
  using Clock = std::chrono::steady_clock;

  RocksDbCursor(rocksdb::DB& db, rocksdb::ReadOptions options, const Range& range, Direction direction,
                Clock::time_point walk_end)
      : begin_(range.begin), end_(range.end), walk_end_(walk_end), direction_(direction) {
    lower_ = begin_;
    upper_ = end_;
    options.iterate_lower_bound = &lower_;
    if (!end_.empty()) options.iterate_upper_bound = &upper_;
    options.total_order_seek = true;
    // A range that ends before it begins is empty; RocksDB need not be asked.
    if (!end_.empty() && end_ <= begin_) return;
    iterator_.reset(db.NewIterator(options));
    if (direction_ == Direction::forward) iterator_->Seek(lower_);
    else iterator_->SeekToLast();
    check();
  }

  bool valid() const override { return valid_; }
  std::string_view key() const override { return view(iterator_->key()); }
  std::string_view value() const override { return view(iterator_->value()); }
  void next() override {
    // Erased records between those that are there count for little each; there may be many.
    if (++steps_ % kStepsALook == 0 && walk_end_ != Clock::time_point::max() && Clock::now() > walk_end_)
      throw WouldBlock();
    if (direction_ == Direction::forward) iterator_->Next();
    else iterator_->Prev();
    check();
  }

 private:
  void check() {
    valid_ = iterator_->Valid();
    if (valid_) return;
    if (const rocksdb::Status status = iterator_->status(); !status.ok()) throw_read_error(status);
  }

  static constexpr unsigned kStepsALook = 16;

  const std::string begin_;
  const std::string end_;
  const Clock::time_point walk_end_;
  unsigned steps_ = 0;
  rocksdb::Slice lower_;
  rocksdb::Slice upper_;
  Direction direction_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
  bool valid_ = false;
};

}  // namespace

void throw_read_error(const rocksdb::Status& status) {
  if (status.IsIncomplete()) throw WouldBlock();
  // What an I/O error hides may be read later: from a disk that comes back, say.
  const auto kind = status.IsCorruption() ? StoreError::Kind::corrupt : StoreError::Kind::transient;
  throw StoreError(kind, "reading the store failed: " + status.ToString());
}

ReadView::ReadView(rocksdb::DB& db, RecordCache& cache, Pin pin) : db_(db), cache_(cache) {
  // There are none; and to look for them, RocksDB 7.8 stops at the end of each file and then takes a next file that cannot
  // be read, or not without waiting, for the end of everything.
  options_.ignore_range_deletions = true;
  if (OnlyFromMemory::active()) options_.max_skippable_internal_keys = kSkippedMax;
  if (pin == Pin::at_once) {
    options_.snapshot = db_.GetSnapshot();
    state_ = options_.snapshot->GetSequenceNumber();
  }
}

ReadView::~ReadView() {
  if (options_.snapshot) db_.ReleaseSnapshot(options_.snapshot);
}

// Before the engine is read.
void ReadView::begin_read() {
  if (options_.snapshot) return;
  if (!read_before_) {
    read_before_ = true;
    state_ = db_.GetLatestSequenceNumber();
    return;
  }
  options_.snapshot = db_.GetSnapshot();
  if (options_.snapshot->GetSequenceNumber() != state_) throw StateMoved();
}

bool ReadView::get(std::string_view key, std::string& value) {
  const bool first = !options_.snapshot && !read_before_;
  const StateNumber newest = first ? db_.GetLatestSequenceNumber() : state_;
  StateNumber since = 0;
  RecordCache::Ticket ticket;
  if (cache_.get(key, first ? RecordCache::kNewest : newest, value, since, ticket)) {
    // What is current now was so in `newest`, unless it is newer: then it was so in `since`.
    if (first) state_ = std::max(newest, since);
    read_before_ = true;
    return true;
  }
  begin_read();
  const rocksdb::Status status = db_.Get(options_, slice(key), &value);
  if (status.ok()) {
    // A snapshot's value is the current one only if nothing was committed since.
    if (ticket.may_insert() && (first || db_.GetLatestSequenceNumber() == state_))
      cache_.insert(key, value, state_, ticket);
    return true;
  }
  if (status.IsNotFound()) return false;
  throw_read_error(status);
}

std::unique_ptr<Cursor> ReadView::scan(const Range& range, Direction direction) {
  begin_read();
  if (OnlyFromMemory::active() && walk_end_ == std::chrono::steady_clock::time_point::max())
    walk_end_ = std::chrono::steady_clock::now() + kWalkMax;
  return std::make_unique<RocksDbCursor>(db_, options_, range, direction, walk_end_);
}

}  // namespace brume::store
