// Which folders open, and what is said of those that do not.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "store/rocksdb/folder.h"
#include "store/testing/child_process.h"
#include "store/testing/temporary_store.h"

namespace brume::store {
namespace {

using testing::run_task;
using testing::TemporaryFolder;
namespace fs = std::filesystem;

std::string refusal(const std::string& folder) {
  BlockingPool pool(1);
  try {
    open_rocksdb(folder, pool, {});
  } catch (const StoreError& error) {
    return error.what();
  }
  return "opened";
}

void make_store(const std::string& folder) {
  BlockingPool pool(1);
  auto store = open_rocksdb(folder, pool, {});
  run_task(store->run({"d"}, [](Transaction& t) { t.put("dkey", "value"); }));
  store->close();
}

TEST(StoreFolder, IsCreatedWithItsParents) {
  TemporaryFolder temporary;
  const std::string folder = temporary.path() + "/a/b";
  make_store(folder);
  EXPECT_EQ(refusal(folder), "opened");
  EXPECT_EQ(check_rocksdb(folder, nullptr), 2u);  // the format record and ours
}

TEST(StoreFolder, ForeignFolderIsRefusedAndLeftAlone) {
  TemporaryFolder folder;
  std::ofstream(folder.path() + "/letter.txt") << "hello";
  EXPECT_EQ(refusal(folder.path()),
            "the data folder " + folder.path() + " is not empty and not a Brume store (it holds letter.txt)");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

TEST(StoreFolder, ForeignDatabaseIsRefused) {
  TemporaryFolder folder;
  make_store(folder.path());
  fs::remove(folder.path() + "/BRUME");
  EXPECT_EQ(refusal(folder.path()), "the data folder " + folder.path() + " holds a database that is not a Brume store");
}

TEST(StoreFolder, NewerFormatIsRefused) {
  TemporaryFolder folder;
  make_store(folder.path());
  std::ofstream(folder.path() + "/BRUME") << "brume store 2\n";
  EXPECT_EQ(refusal(folder.path()), "the data folder " + folder.path() +
                                        " has store format 2, written by a newer Brume; this one knows format 1");
  EXPECT_THROW(check_rocksdb(folder.path(), nullptr), StoreError);
}

TEST(StoreFolder, UnreadableFormatFileIsRefused) {
  TemporaryFolder folder;
  make_store(folder.path());
  for (const char* text : {"", "brume store", "brume store x", "brume store 1x", "brume store 0", "brume store -1"}) {
    std::ofstream(folder.path() + "/BRUME") << text;
    EXPECT_NE(refusal(folder.path()).find("is not a Brume store"), std::string::npos) << text;
  }
}

TEST(StoreFolder, MissingCurrentFileIsRefused) {
  TemporaryFolder folder;
  make_store(folder.path());
  fs::remove(folder.path() + "/CURRENT");
  EXPECT_EQ(refusal(folder.path()), "the data folder " + folder.path() + " is damaged: its file CURRENT is missing");
}

TEST(StoreFolder, FileInPlaceOfTheFolderIsRefused) {
  TemporaryFolder temporary;
  const std::string file = temporary.path() + "/file";
  std::ofstream(file) << "x";
  EXPECT_NE(refusal(file).find("the data folder " + file + " cannot be"), std::string::npos) << refusal(file);
}

TEST(StoreFolder, SecondOpenerInTheSameProcessIsRefused) {
  testing::TemporaryStore store;
  EXPECT_EQ(refusal(store.path()), "the data folder " + store.path() + " is already open in this process");
  EXPECT_THROW(check_rocksdb(store.path(), nullptr), StoreError);
  run_task(store->run({"d"}, [](Transaction& t) { t.put("dkey", "value"); }));
}

// Run by SecondOpenerIsToldWhoHoldsIt in a process of its own.
TEST(StoreFolder, DISABLED_HoldUntilKilled) {
  BlockingPool pool(1);
  auto store = open_rocksdb(testing::ChildProcess::argument(), pool, {});
  testing::ChildProcess::report("ready\n");
  while (true) ::pause();
}

TEST(StoreFolder, SecondOpenerIsToldWhoHoldsIt) {
  TemporaryFolder folder;
  testing::ChildProcess holder("StoreFolder.DISABLED_HoldUntilKilled", folder.path());
  ASSERT_EQ(holder.read_some(), "ready\n");
  EXPECT_EQ(refusal(folder.path()),
            "the data folder " + folder.path() + " is in use by process " + std::to_string(holder.id()));
  EXPECT_THROW(check_rocksdb(folder.path(), nullptr), StoreError);
  holder.kill();
  EXPECT_EQ(refusal(folder.path()), "opened");
}

TEST(StoreFolder, CheckRefusesWhatIsNoStore) {
  TemporaryFolder folder;
  EXPECT_THROW(check_rocksdb(folder.path() + "/absent", nullptr), StoreError);
  EXPECT_THROW(check_rocksdb(folder.path(), nullptr), StoreError);
}

}  // namespace
}  // namespace brume::store
