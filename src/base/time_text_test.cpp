#include "base/time_text.h"

#include <gtest/gtest.h>

namespace brume {
namespace {

WallTime at(std::int64_t millis) { return WallTime(std::chrono::milliseconds(millis)); }

TEST(TimeText, WritesEachForm) {
  const WallTime time = at(1'700'000'000'007);
  EXPECT_EQ(iso_seconds(time), "2023-11-14T22:13:20Z");
  EXPECT_EQ(iso_millis(time), "2023-11-14T22:13:20.007");
  EXPECT_EQ(compact_time(time), "20231114T221320Z");
  EXPECT_EQ(http_date(1'700'000'000), "Tue, 14 Nov 2023 22:13:20 GMT");
  EXPECT_EQ(format_utc(time, "%d/%b/%Y:%H:%M:%S +0000"), "14/Nov/2023:22:13:20 +0000");
}

TEST(TimeText, CutsDownwardsBefore1970) {
  EXPECT_EQ(iso_millis(at(-1)), "1969-12-31T23:59:59.999");
  EXPECT_EQ(iso_seconds(at(-1)), "1969-12-31T23:59:59Z");
}

}  // namespace
}  // namespace brume
