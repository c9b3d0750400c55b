#include "gateway/pipeline/stage_directory.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <thread>

#include "gateway/keys.h"
#include "gateway/rest/records.h"
#include "store/testing/temporary_store.h"

namespace brume::gateway {
namespace {

using store::testing::run_task;

struct Served {
  store::testing::TemporaryStore store;
  StageDirectory directory{*store, store.pool()};

  /// Commits stage "s" of API "a" with stage variable v=`value`.
  void commit(std::string value) {
    run_task(store->run({"a"}, [&](store::Transaction& transaction) {
      write_record(transaction, api_key("a"), {{"id", "a"}, {"account", "1"}, {"region", "r"}});
      write_record(transaction, stage_key("a", "s"),
                   {{"stageName", "s"}, {"deploymentId", "d"}, {"variables", {{"v", value}}}});
      write_record(transaction, frozen_key("a", "d"), {{"api", json::object{}}, {"resources", json::array{}}});
    }));
  }
  void put(std::string key) {
    run_task(store->run({key}, [&](store::Transaction& transaction) {
      write_record(transaction, key, {{"id", "a"}, {"account", "1"}, {"region", "r"}});
    }));
  }
  void erase(std::string key) {
    run_task(store->run({key}, [&](store::Transaction& transaction) { transaction.erase(key); }));
  }
  std::string find() {
    StageDirectory::Stage stage = run_task(directory.find("a", "s"));
    return stage ? std::string(stage->variable("v")) : "none";
  }
};

TEST(StageDirectory, CompilesOnceUntilARecordChanges) {
  Served served;
  EXPECT_EQ(served.find(), "none");
  served.commit("1");
  EXPECT_EQ(served.find(), "1");
  const StageDirectory::Stage first = run_task(served.directory.find("a", "s"));
  const auto is_kept = [&] { return run_task(served.directory.find("a", "s")).get() == first.get(); };
  EXPECT_TRUE(is_kept());
  served.put(resource_key("a", "r1"));  // deployed APIs serve what was frozen
  served.put(stage_key("a", "other"));
  served.put(api_key("aa"));
  EXPECT_TRUE(is_kept());
  served.put(api_key("a"));
  EXPECT_FALSE(is_kept());
  served.commit("2");
  EXPECT_EQ(served.find(), "2");
  served.erase(stage_key("a", "s"));
  EXPECT_EQ(served.find(), "none");
}

TEST(StageDirectory, OtherThreadsSeeAChangeAtOnce) {
  Served served;
  served.commit("1");
  EXPECT_EQ(served.find(), "1");
  std::promise<void> seen, changed;
  std::string before, after;
  std::thread other([&] {
    before = served.find();
    seen.set_value();
    changed.get_future().wait();
    after = served.find();
  });
  seen.get_future().wait();
  served.commit("2");
  changed.set_value();
  other.join();
  EXPECT_EQ(before, "1");
  EXPECT_EQ(after, "2");
}

// A load reads the old records, the API changes, and only then does the load end: what it compiled must not stay.
TEST(StageDirectory, LoadThatWasOvertakenIsNotPublished) {
  Served served;
  served.commit("1");
  std::promise<void> go;
  std::shared_future<void> gate = go.get_future().share();
  served.store.pool().post([gate] { gate.wait(); });  // the pool's one thread compiles only when told
  std::string overtaken;
  asio::io_context loop(1);
  asio::co_spawn(loop.get_executor(), served.directory.find("a", "s"),
                 [&](std::exception_ptr, StageDirectory::Stage stage) {
                   overtaken = stage ? std::string(stage->variable("v")) : "none";
                 });
  loop.poll();  // reads the records from memory and waits for the pool
  served.commit("2");
  go.set_value();
  auto work = asio::make_work_guard(loop);
  while (overtaken.empty()) loop.run_one();
  EXPECT_EQ(overtaken, "1");
  EXPECT_EQ(served.find(), "2");
}

TEST(StageDirectory, AnotherNodeSeesAChangeWithinASecond) {
  Served served;
  store::testing::UnrulyStore view(*served.store, {.rerun = 50});
  StageDirectory elsewhere(view, served.store.pool());
  const auto find = [&] {
    StageDirectory::Stage stage = run_task(elsewhere.find("a", "s"));
    return stage ? std::string(stage->variable("v")) : "none";
  };
  for (const char* value : {"1", "2", "3"}) {
    served.commit(value);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    while (find() != value && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    EXPECT_EQ(find(), value);
  }
}

TEST(StageDirectory, LoadsAllAtOpen) {
  Served served;
  served.commit("1");
  run_task(served.store->run(
      {"i"}, [](store::Transaction& transaction) { transaction.put(api_index_key("1", "r", "a"), ""); }));
  run_task(served.directory.load_all());
  served.store.pool().stop();  // which compiles
  EXPECT_EQ(served.find(), "1");
}

}  // namespace
}  // namespace brume::gateway
