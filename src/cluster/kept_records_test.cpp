#include "cluster/kept_records.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "store/testing/temporary_store.h"

namespace brume::cluster {
namespace {

using store::testing::run_task;
using Texts = KeptRecords<std::string>;

std::shared_ptr<const std::string> text(std::string_view value) { return std::make_shared<const std::string>(value); }

struct KeptRecordsTest : ::testing::Test {
  store::testing::TemporaryStore store;

  void put(std::string key, std::string value) {
    run_task(store->run({key}, [&](store::Transaction& t) { t.put(key, value); }));
  }
  void erase(std::string key) {
    run_task(store->run({key}, [&](store::Transaction& t) { t.erase(key); }));
  }
  std::string read(std::string_view key) {
    std::string value;
    return run_task(store->get(key, value)) ? value : "none";
  }
  static void drop_changed(Texts& texts) {
    texts.follow(store::Range::of_prefix("gs"), [](const Change& change, Texts::Edit& edit) { edit.drop(change.key); });
  }
  static void keep_changed(Texts& texts) {
    texts.follow(store::Range::of_prefix("gs"), [](const Change& change, Texts::Edit& edit) {
      if (change.value) edit.keep(change.key, text(*change.value));
      else edit.drop(change.key);
    });
  }
  /// Fills on demand.
  std::string find(Texts& texts, std::string_view key) {
    if (const auto kept = texts.find(key)) return *kept;
    Texts::Load load(texts);
    const std::string value = read(key);
    if (value != "none") load.keep(key, text(value));
    return value;
  }
};

TEST_F(KeptRecordsTest, DropsWhatChanges) {
  Texts texts(*store);
  drop_changed(texts);
  put("gs1", "a");
  put("gs2", "b");
  EXPECT_EQ(find(texts, "gs1"), "a");
  EXPECT_EQ(find(texts, "gs2"), "b");
  ASSERT_TRUE(texts.find("gs1"));
  put("gs1", "c");
  EXPECT_FALSE(texts.find("gs1"));
  EXPECT_TRUE(texts.find("gs2"));
  EXPECT_EQ(find(texts, "gs1"), "c");
  erase("gs1");
  EXPECT_EQ(find(texts, "gs1"), "none");
}

TEST_F(KeptRecordsTest, KeepsThePictureComplete) {
  put("gs1", "a");
  Texts texts(*store);
  keep_changed(texts);
  {
    Texts::Load load(texts);
    load.keep("gs1", text(read("gs1")));
  }
  put("gs3", "c");
  put("gs2", "b");
  put("gt", "of no concern");
  std::string all;
  for (const auto& value : texts.list(store::Range::of_prefix("gs"))) all += *value;
  EXPECT_EQ(all, "abc");
  erase("gs2");
  EXPECT_FALSE(texts.find("gs2"));
  EXPECT_EQ(*texts.find("gs3"), "c");
}

// A read finds the old record, the record changes, and only then is what was read to be kept.
TEST_F(KeptRecordsTest, WhatWasReadBeforeAChangeIsNotKeptAfterIt) {
  Texts texts(*store);
  drop_changed(texts);
  put("gs1", "old");
  put("gs2", "other");
  {
    Texts::Load load(texts);
    const std::string first = read("gs1"), second = read("gs2");
    put("gs1", "new");
    load.keep("gs1", text(first));
    load.keep("gs2", text(second));
  }
  EXPECT_FALSE(texts.find("gs1"));
  EXPECT_TRUE(texts.find("gs2")) << "which did not change";
  EXPECT_EQ(find(texts, "gs1"), "new");
}

TEST_F(KeptRecordsTest, AChangeThatIsNewerThanALoadStays) {
  Texts texts(*store);
  keep_changed(texts);
  put("gs1", "old");
  Texts::Load load(texts);
  const std::string found = read("gs1");
  put("gs1", "new");
  load.keep("gs1", text(found));
  EXPECT_EQ(*texts.find("gs1"), "new");
  erase("gs1");
  load.keep("gs1", text(found));
  EXPECT_FALSE(texts.find("gs1"));
}

TEST_F(KeptRecordsTest, ARangeOrAConditionTurnsLoadsAway) {
  Texts texts(*store);
  texts.follow(store::Range::of_prefix("gr"),
               [](const Change&, Texts::Edit& edit) { edit.drop(store::Range::of_prefix("gs")); });
  texts.follow(store::Range::of_prefix("gq"), [](const Change& change, Texts::Edit& edit) {
    edit.drop_if([&](const std::string& value) { return value == *change.value; });
  });
  for (const char* trigger : {"gr", "gq"}) {
    Texts::Load early(texts);
    find(texts, "gs1");
    put("gs1", "v");
    EXPECT_EQ(find(texts, "gs1"), "v");
    put(trigger, "v");
    EXPECT_FALSE(texts.find("gs1")) << trigger;
    early.keep("gs1", text("v"));
    EXPECT_FALSE(texts.find("gs1")) << trigger;
  }
}

TEST_F(KeptRecordsTest, OneThatCannotTakeAChangeForgetsTheRecord) {
  Texts texts(*store);
  texts.follow(store::Range::of_prefix("gs"), [](const Change& change, Texts::Edit& edit) {
    if (*change.value == "bad") throw std::runtime_error("no text");
    edit.keep(change.key, text(*change.value));
  });
  put("gs1", "good");
  EXPECT_TRUE(texts.find("gs1"));
  put("gs1", "bad");
  EXPECT_FALSE(texts.find("gs1"));
}

TEST_F(KeptRecordsTest, HoldsNoMoreThanItMay) {
  Texts texts(*store, 3);
  drop_changed(texts);
  for (int i = 0; i < 10; ++i) {
    put("gs" + std::to_string(i), "v");
    find(texts, "gs" + std::to_string(i));
    EXPECT_LE(texts.list({}).size(), 3u);
    EXPECT_TRUE(texts.find("gs" + std::to_string(i)));
  }
  EXPECT_FALSE(texts.find("gs0")) << "this thread forgets it too";
}

TEST_F(KeptRecordsTest, TwoOfOneKindOnOneThreadAreTwo) {
  Texts first(*store), second(*store);
  Texts::Load(first).keep("gs1", text("first"));
  Texts::Load(second).keep("gs1", text("second"));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(*first.find("gs1"), "first");
    EXPECT_EQ(*second.find("gs1"), "second");
  }
}

// Whoever was told that a commit is done finds its value on every thread, however often others look and load.
TEST_F(KeptRecordsTest, ChangesShowOnAllThreadsOnceTheyAreAcknowledged) {
  for (const bool complete : {true, false}) {
    Texts texts(*store);
    if (complete) keep_changed(texts);
    else drop_changed(texts);
    put("gs1", "0");
    std::atomic<int> acknowledged = 0;
    std::atomic<int> stale = 0, looks = 0;
    std::atomic<bool> stop = false;
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i)
      readers.emplace_back([&] {
        while (!stop) {
          const int at_least = acknowledged.load();
          if (std::stoi(find(texts, "gs1")) < at_least) ++stale;
          ++looks;
        }
      });
    for (int i = 1; i <= 300; ++i) {
      put("gs1", std::to_string(i));
      acknowledged = i;
      while (looks.load() < i) std::this_thread::yield();
    }
    stop = true;
    for (std::thread& reader : readers) reader.join();
    EXPECT_EQ(stale.load(), 0);
    EXPECT_EQ(find(texts, "gs1"), "300");
  }
}

}  // namespace
}  // namespace brume::cluster
