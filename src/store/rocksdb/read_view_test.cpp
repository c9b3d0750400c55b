// How the record cache and the engine make up one state.
#include "store/rocksdb/read_view.h"

#include <gtest/gtest.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "store/testing/temporary_store.h"

namespace brume::store {
namespace {

class ReadViewTest : public ::testing::Test {
 protected:
  ReadViewTest() {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* db = nullptr;
    if (!rocksdb::DB::Open(options, folder_.path(), &db).ok()) throw std::runtime_error("no database");
    db_.reset(db);
    put("a", "1");
    put("b", "1");
  }

  void put(std::string_view key, std::string_view value) {
    cache_.begin_write(key);
    EXPECT_TRUE(db_->Put(rocksdb::WriteOptions(), std::string(key), std::string(value)).ok());
    cache_.end_write(key, &value, db_->GetLatestSequenceNumber());
  }
  std::string get(ReadView& view, std::string_view key) {
    std::string value;
    return view.get(key, value) ? value : "absent";
  }
  std::string cached(std::string_view key) {
    std::string value;
    StateNumber since = 0;
    RecordCache::Ticket ticket;
    return cache_.get(key, RecordCache::kNewest, value, since, ticket) ? value : "unknown";
  }
  std::unique_ptr<ReadView> view(ReadView::Pin pin) { return std::make_unique<ReadView>(*db_, cache_, pin); }

  testing::TemporaryFolder folder_;
  std::unique_ptr<rocksdb::DB> db_;
  RecordCache cache_{1024 * 1024};
};

TEST_F(ReadViewTest, WhatWasReadIsKept) {
  EXPECT_EQ(get(*view(ReadView::Pin::lazily), "a"), "1");
  EXPECT_EQ(cached("a"), "1");
  EXPECT_EQ(get(*view(ReadView::Pin::at_once), "b"), "1");
  EXPECT_EQ(cached("b"), "1");
  put("a", "2");
  EXPECT_EQ(cached("a"), "2");
}

TEST_F(ReadViewTest, OldSnapshotDoesNotSeeANewerCachedValue) {
  get(*view(ReadView::Pin::lazily), "a");
  const auto old = view(ReadView::Pin::at_once);
  put("a", "2");
  EXPECT_EQ(get(*old, "a"), "1");
  EXPECT_EQ(cached("a"), "2");
}

TEST_F(ReadViewTest, WhatAnOldSnapshotFoundIsNotKept) {
  const auto old = view(ReadView::Pin::at_once);
  put("a", "2");
  EXPECT_EQ(get(*old, "a"), "1");
  EXPECT_EQ(cached("a"), "unknown");
}

TEST_F(ReadViewTest, CachedValuesOfOneStateNeedNoEngine) {
  get(*view(ReadView::Pin::lazily), "a");
  get(*view(ReadView::Pin::lazily), "b");
  const auto reader = view(ReadView::Pin::lazily);
  EXPECT_EQ(get(*reader, "a"), "1");
  put("c", "1");  // does not concern them
  EXPECT_EQ(get(*reader, "b"), "1");
}

TEST_F(ReadViewTest, CachedValueOfALaterStateMovesTheReader) {
  get(*view(ReadView::Pin::lazily), "a");
  get(*view(ReadView::Pin::lazily), "b");
  const auto reader = view(ReadView::Pin::lazily);
  EXPECT_EQ(get(*reader, "a"), "1");
  put("b", "2");
  std::string value;
  EXPECT_THROW(reader->get("b", value), StateMoved);
}

// A queue: what was taken from its head still lies there.
TEST_F(ReadViewTest, ALongWalkOverErasedRecordsIsNothingForALoop) {
  rocksdb::WriteBatch erased;
  for (int i = 0; i < 3 * static_cast<int>(ReadView::kSkippedMax); ++i) {
    const std::string key = "q" + std::to_string(100'000 + i);
    erased.Put(key, "gone");
    erased.Delete(key);
  }
  ASSERT_TRUE(db_->Write(rocksdb::WriteOptions(), &erased).ok());
  put("q9", "last");
  std::string found;
  const auto body = [&](ReadView& reader) {
    found.clear();
    const auto cursor = reader.scan(Range::of_prefix("q"), Direction::forward);
    if (cursor->valid()) found = cursor->key();
  };
  EXPECT_FALSE(read_in_memory(*db_, cache_, body));
  read_blocking(*db_, cache_, body);
  EXPECT_EQ(found, "q9");
  const auto backward = [&](ReadView& reader) {
    const auto cursor = reader.scan(Range{"q", "q9"}, Direction::backward);
    found = cursor->valid() ? "something" : "nothing";
  };
  EXPECT_FALSE(read_in_memory(*db_, cache_, backward));
  read_blocking(*db_, cache_, backward);
  EXPECT_EQ(found, "nothing");
}

// No step of it is long, but there are many.
TEST_F(ReadViewTest, ALongWalkInShortStepsIsNothingForALoop) {
  rocksdb::WriteBatch batch;
  for (int i = 0; i < 400'000; ++i) batch.Put("w" + std::to_string(1'000'000 + i), "value");
  ASSERT_TRUE(db_->Write(rocksdb::WriteOptions(), &batch).ok());
  int seen = 0;
  const auto body = [&](ReadView& reader) {
    seen = 0;
    for (auto cursor = reader.scan(Range::of_prefix("w"), Direction::forward); cursor->valid(); cursor->next()) ++seen;
  };
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(read_in_memory(*db_, cache_, body));
  const auto held = std::chrono::steady_clock::now() - begin;
  EXPECT_LT(seen, 400'000);
  read_blocking(*db_, cache_, body);
  const auto whole = std::chrono::steady_clock::now() - begin - held;
  EXPECT_EQ(seen, 400'000);
  EXPECT_LT(held, std::max<std::chrono::nanoseconds>(whole, 10 * ReadView::kWalkMax));
}

TEST(ReadViewOfManyFiles, AScanNeverEndsWhereTheNextFileCannotBeReadAtOnce) {
  testing::TemporaryFolder folder;
  rocksdb::Options options;
  options.create_if_missing = true;
  options.env = memory_first_env(PageCache::ignored);
  options.compression = rocksdb::kNoCompression;
  options.target_file_size_base = 128 * 1024;
  rocksdb::DB* opened = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, folder.path(), &opened).ok());
  const std::unique_ptr<rocksdb::DB> db(opened);
  const auto key_of = [](int i) { return "key" + std::to_string(1000 + i); };
  constexpr int kKeys = 100;
  for (int i = 0; i < kKeys; ++i)
    ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), key_of(i), std::string(10'000, 'v')).ok());
  ASSERT_TRUE(db->Flush(rocksdb::FlushOptions()).ok());
  rocksdb::CompactRangeOptions rewrite;
  rewrite.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  ASSERT_TRUE(db->CompactRange(rewrite, nullptr, nullptr).ok());
  std::vector<rocksdb::LiveFileMetaData> files;
  db->GetLiveFilesMetaData(&files);
  ASSERT_GT(files.size(), 3u);

  RecordCache cache(0);
  int known = 0, waited = 0;
  const auto count = [&](ReadView& view) {
    int found = 0;
    const Range all = Range::of_prefix("key");
    for (auto cursor = view.scan(all, Direction::forward); cursor->valid(); cursor->next()) ++found;
    EXPECT_EQ(found, kKeys) << "with " << known << " keys in memory";
  };
  for (; known < kKeys; ++known) {
    if (!read_in_memory(*db, cache, count)) ++waited;
    std::string value;
    ASSERT_TRUE(db->Get(rocksdb::ReadOptions(), key_of(known), &value).ok());
  }
  EXPECT_EQ(waited, kKeys);
  EXPECT_TRUE(read_in_memory(*db, cache, count));
}

TEST_F(ReadViewTest, EngineOfALaterStateMovesAReaderOfCachedValues) {
  get(*view(ReadView::Pin::lazily), "a");
  const auto reader = view(ReadView::Pin::lazily);
  EXPECT_EQ(get(*reader, "a"), "1");
  put("a", "2");
  EXPECT_THROW(reader->scan(Range::of_prefix("a"), Direction::forward), StateMoved);
}

}  // namespace
}  // namespace brume::store
