// What may be left in the store a day, and what is dropped while disk space is short.
#include "observe/daily_quota.h"
#include "observe/test_observe.h"
#include "store/disk_space.h"

namespace brume::observe {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

TEST(DailyQuota, EachKeyHasItsOwnUntilMidnight) {
  SharedClock clock;
  DailyQuota quota(clock, 100, "test_quota");
  EXPECT_TRUE(quota.take("a", 60));
  EXPECT_FALSE(quota.take("a", 60));
  EXPECT_TRUE(quota.take("a", 40)) << "a refused piece takes nothing";
  EXPECT_FALSE(quota.take("a", 1));
  EXPECT_TRUE(quota.take("b", 100));
  clock.advance(std::chrono::hours(24));
  EXPECT_TRUE(quota.take("a", 100));
}

TEST(DailyQuota, ZeroIsNoBoundAndKeysAreBounded) {
  SharedClock clock;
  DailyQuota unbounded(clock, 0, "test_quota");
  EXPECT_TRUE(unbounded.take("a", ~std::uint64_t{0}));
  DailyQuota quota(clock, 10, "test_quota");
  for (std::size_t i = 0; i < DailyQuota::kKeysMax; ++i) EXPECT_TRUE(quota.take(std::to_string(i), 10));
  EXPECT_TRUE(quota.take("one more", 6));
  EXPECT_FALSE(quota.take("yet another", 6)) << "they share";
}

class BoundedObserve : public ObserveTest {
 protected:
  AuditEvent event(std::string account, std::string error_code) {
    AuditEvent made;
    made.account = std::move(account);
    made.event_name = "CreateTable";
    made.error_code = std::move(error_code);
    made.time = clock.now();
    return made;
  }
  void record(std::string account, std::string error_code) {
    run(observe->audit().record(event(std::move(account), std::move(error_code))));
  }
  std::size_t recorded(std::string account) {
    return run(observe->audit().list(std::move(account), clock.now() - std::chrono::hours(1),
                                     clock.now() + std::chrono::hours(1), 1000))
        .size();
  }
  void reopen(Options options) {
    close();
    options_ = options;
    open();
  }
  std::string stored() { return messages(ok("FilterLogEvents", {{"logGroupName", "/aws/lambda/fn"}})); }
};

TEST_F(BoundedObserve, OutputBeyondTheGroupsQuotaIsDroppedAndCountedUntilTheNextDay) {
  reopen({.log_bytes_per_day = 1000});
  append("s", {{now(), "first"}});
  append("s", {{now(), std::string(2000, 'x')}});
  run(observe->logs().flush());
  EXPECT_EQ(stored(), "first");
  EXPECT_EQ(observe->logs().dropped(), 1u);
  EXPECT_GE(observe->logs().dropped_bytes(), 2000u);
  clock.advance(std::chrono::hours(24));
  append("s", {{now(), "second"}});
  run(observe->logs().flush());
  EXPECT_EQ(stored(), "first second");
}

TEST_F(BoundedObserve, PutLogEventsBeyondTheQuotaIsThrottled) {
  reopen({.log_bytes_per_day = 1000});
  group_and_stream();
  EXPECT_FALSE(put({{now(), "first"}}).contains("error"));
  EXPECT_EQ(text_at(put({{now(), std::string(2000, 'x')}}), "error"), "ThrottlingException: Rate exceeded");
}

TEST_F(BoundedObserve, GroupsMadeByOutputGetTheRetentionThatWasAskedFor) {
  reopen({.log_retention_days = 14});
  append("s", {{now(), "first"}});
  ok("CreateLogGroup", {{"logGroupName", "made by hand"}});
  const auto groups = ok("DescribeLogGroups", {}).at("logGroups").as_array();
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].at("retentionInDays").as_int64(), 14);
  EXPECT_FALSE(groups[1].as_object().contains("retentionInDays"));
}

TEST_F(BoundedObserve, AuditOfAnAccountIsBoundedAndFailuresCannotUseUpWhatChangesNeed) {
  reopen({.audit_bytes_per_day = 8000});
  for (int i = 0; i < 100; ++i) record("111111111111", "ValidationException");
  const std::size_t failures = recorded("111111111111");
  EXPECT_GT(failures, 0u);
  EXPECT_LT(failures, 10u);
  EXPECT_EQ(observe->audit().dropped(), 100 - failures);
  record("111111111111", "");
  EXPECT_EQ(recorded("111111111111"), failures + 1);
  record("222222222222", "ValidationException");
  EXPECT_EQ(recorded("222222222222"), 1u);
  for (int i = 0; i < 100; ++i) record("111111111111", "");
  EXPECT_LT(recorded("111111111111"), 50u);
}

TEST_F(BoundedObserve, WithLittleDiskSpaceOutputAndFailuresAreDroppedAndChangesAreStillRecorded) {
  std::atomic<std::uint64_t> free = 1000 * kMiB;
  store::DiskSpace space([&] { return store::Room{free, 10'000 * kMiB}; }, 100 * kMiB);
  reopen({.space = &space});
  append("s", {{now(), "first"}});
  run(observe->logs().flush());
  group_and_stream();
  free = 150 * kMiB;
  space.check();
  append("s", {{now(), "lost"}});
  run(observe->logs().flush());
  EXPECT_EQ(observe->logs().dropped(), 1u);
  record("111111111111", "ValidationException");
  record("111111111111", "");
  EXPECT_EQ(recorded("111111111111"), 1u);
  EXPECT_EQ(observe->audit().dropped(), 1u);
  EXPECT_TRUE(text_at(put({{now(), "refused"}}), "error").starts_with("Unavailable")) << "the caller can keep it";
  free = 1000 * kMiB;
  space.check();
  append("s", {{now(), "second"}});
  run(observe->logs().flush());
  EXPECT_EQ(stored(), "first second");
  EXPECT_FALSE(put({{now(), "third"}}).contains("error"));
  close();
  options_ = {};
  open();
}

}  // namespace
}  // namespace brume::observe
