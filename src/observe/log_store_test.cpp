#include "observe/log_store.h"

#include "observe/test_observe.h"

namespace brume::observe {
namespace {

class LogStoreTest : public ObserveTest {};

TEST_F(LogStoreTest, CreatesGroupAndStreamAndKeepsTheOrderOfEqualTimes) {
  std::vector<std::string> expected;
  std::string all;
  for (int i = 0; i < 50; ++i) {
    append("s", {{now(), "m" + std::to_string(i)}});
    all += (i ? " m" : "m") + std::to_string(i);
  }
  EXPECT_EQ(messages(ok("FilterLogEvents", {{"logGroupName", "/aws/lambda/fn"}})), all);
  restart();
  EXPECT_EQ(messages(ok("GetLogEvents", {{"logGroupName", "/aws/lambda/fn"}, {"logStreamName", "s"}})), all);
  EXPECT_EQ(observe->logs().dropped(), 0u);
}

TEST_F(LogStoreTest, CommitsWithoutBeingAsked) {
  append("s", {{now(), "m"}});
  const std::string key = "og000000000000";
  for (int i = 0; i < 500; ++i) {
    auto body = [&](store::Reader& reader) { return reader.scan(store::Range::of_prefix(key))->valid(); };
    if (run(store->read(body))) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  FAIL() << "nothing was committed";
}

TEST_F(LogStoreTest, CountsWhatDoesNotFit) {
  LogStoreOptions options;
  options.pending_bytes_max = 1000;
  asio::io_context idle;  // never runs: nothing is committed
  LogStore small(*store, idle.get_executor(), clock, options);
  for (int i = 0; i < 10; ++i) small.append("000000000000", "us-east-1", "g", "s", {{now(), std::string(300, 'x')}});
  EXPECT_EQ(small.dropped(), 8u);
}

TEST_F(LogStoreTest, WhatIsNoTextIsReplaced) {
  append("s", {{now(), "a\xff\xc3\xa9\xed\xa0\x80"}, {now(), ""}});
  EXPECT_EQ(messages(ok("FilterLogEvents", {{"logGroupName", "/aws/lambda/fn"}})),
            "a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd \n");
}

TEST_F(LogStoreTest, CloseCommitsAndRefusesWhatComesAfter) {
  append("s", {{now(), "before"}});
  run(observe->logs().close());
  append("s", {{now(), "after"}});
  EXPECT_EQ(observe->logs().dropped(), 1u);
  EXPECT_EQ(messages(ok("FilterLogEvents", {{"logGroupName", "/aws/lambda/fn"}})), "before");
}

}  // namespace
}  // namespace brume::observe
