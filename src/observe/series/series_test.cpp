// Metric series from the value that is recorded to the point that is read.
#include "observe/series/metric_series.h"

#include <gtest/gtest.h>

#include <boost/asio/use_future.hpp>
#include <future>

#include "base/loops.h"
#include "observe/series/series_name.h"
#include "observe/test_observe.h"
#include "store/testing/temporary_store.h"

namespace brume::observe {
namespace {

using namespace std::chrono_literals;

std::string errors_of(std::string_view function) {
  return series_key("111122223333", "us-east-1", "AWS/Lambda", "Errors", {{"FunctionName", function}});
}

class Series : public ::testing::Test {
 protected:
  Series() {
    loops.start();
    open();
  }
  ~Series() override {
    if (series) close();
    loops.stop();
    loops.join();
  }
  void open(SeriesOptions options = {}) {
    series = std::make_unique<MetricSeries>(*store, std::vector{loops.executor(0), loops.executor(1)}, clock, options);
    run(series->open());
  }
  void close() {
    run(series->close());
    series.reset();
  }
  template <class T>
  T run(Task<T> task) {
    return asio::co_spawn(loops.executor(1), std::move(task), asio::use_future).get();
  }
  void run(Task<> task) { asio::co_spawn(loops.executor(1), std::move(task), asio::use_future).get(); }
  void record(std::size_t loop, std::string key, double value) {
    std::promise<void> done;
    asio::post(loops.executor(loop), [&] {
      series->recorder().record(key, value);
      done.set_value();
    });
    done.get_future().get();
  }
  std::vector<SeriesPoint> points(std::string key) {
    return run(series->read(std::move(key), WallTime(), WallTime::max(), 100));
  }
  std::vector<std::string> all() { return run(series->list({}, {}, 100)); }

  store::testing::TemporaryStore store;
  SharedClock clock;
  Loops loops{2};
  std::unique_ptr<MetricSeries> series;
};

TEST(SeriesName, IsOneTextAndBack) {
  const std::string key =
      series_key("111122223333", "us-east-1", "AWS/ApiGateway", "Count", {{"ApiName", "shop"}, {"Stage", ""}});
  EXPECT_EQ(series_name(key),
            (SeriesName{"111122223333", "us-east-1", "AWS/ApiGateway", "Count", {{"ApiName", "shop"}, {"Stage", ""}}}));
  EXPECT_TRUE(key.starts_with(series_key_prefix("111122223333", "us-east-1", "AWS/ApiGateway")));
  EXPECT_FALSE(key.starts_with(series_key_prefix("111122223333", "us-east-1", "AWS/Api")));
  const std::string odd = series_key("1", "r", "n", std::string(300, 'x'), {{"d", std::string_view("a\0b", 3)}});
  EXPECT_EQ(series_name(odd).name.size(), 255u);
  EXPECT_EQ(series_name(odd).dimensions[0].second, "a");
}

TEST_F(Series, AMinutesValuesAreOneStatisticSet) {
  record(0, errors_of("f"), 3);
  record(1, errors_of("f"), 5);
  record(1, errors_of("g"), 1);
  ASSERT_TRUE(run(series->flush()));
  record(1, errors_of("f"), 1);  // in the same minute
  ASSERT_TRUE(run(series->flush()));
  clock.advance(60s);
  record(0, errors_of("f"), 7);
  ASSERT_TRUE(run(series->flush()));
  const auto found = points(errors_of("f"));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].set.count, 3);
  EXPECT_EQ(found[0].set.sum, 9);
  EXPECT_EQ(found[0].set.min, 1);
  EXPECT_EQ(found[0].set.max, 5);
  EXPECT_EQ(found[1].minute, found[0].minute + 1);
  EXPECT_EQ(found[1].set.sum, 7);
  EXPECT_EQ(all(), (std::vector{errors_of("f"), errors_of("g")}));
}

TEST_F(Series, LastsOverARestart) {
  record(0, errors_of("f"), 3);
  close();  // writes what there is
  store.reopen();
  open();
  record(0, errors_of("f"), 4);
  run(series->flush());
  ASSERT_EQ(points(errors_of("f")).size(), 1u);
  EXPECT_EQ(points(errors_of("f"))[0].set.sum, 7);
}

TEST_F(Series, NodesAddUp) {
  MetricSeries other(*store, {loops.executor(0), loops.executor(1)}, clock, {.node = "2"});
  run(other.open());
  record(0, errors_of("f"), 3);
  std::promise<void> done;
  asio::post(loops.executor(1), [&] {
    other.recorder().record(errors_of("f"), 10);
    done.set_value();
  });
  done.get_future().get();
  run(series->flush());
  run(other.flush());
  run(other.close());
  ASSERT_EQ(points(errors_of("f")).size(), 1u);
  EXPECT_EQ(points(errors_of("f"))[0].set.sum, 13);
  EXPECT_EQ(points(errors_of("f"))[0].set.max, 10);
}

TEST_F(Series, ABundleIsRecordedInto) {
  for (int i = 0; i < 2; ++i) {
    std::promise<void> done;
    asio::post(loops.executor(0), [&] {
      int asked = 0;
      for (int k = 0; k < 3; ++k) {
        const auto both = series->recorder().bundle("f", [&] {
          ++asked;
          return std::vector{errors_of("f"), errors_of("g")};
        });
        both[0]->add(1);
        both[1]->add(2);
      }
      EXPECT_EQ(asked, 1);
      done.set_value();
    });
    done.get_future().get();
    run(series->flush());  // ends what the bundle pointed to
  }
  EXPECT_EQ(points(errors_of("f"))[0].set.sum, 6);
  EXPECT_EQ(points(errors_of("g"))[0].set.sum, 12);
}

TEST_F(Series, TheirNumberIsBounded) {
  close();
  open({.series_max = 3});
  for (int i = 0; i < 5; ++i) record(0, errors_of("f" + std::to_string(i)), 1);
  run(series->flush());
  EXPECT_EQ(all().size(), 3u);
  EXPECT_EQ(series->dropped(), 2u);
  for (int i = 0; i < 5; ++i) record(0, errors_of("g" + std::to_string(i)), 1);  // the store's are three already
  run(series->flush());
  EXPECT_EQ(all().size(), 3u);
  EXPECT_EQ(series->dropped(), 7u);
  record(0, errors_of("f0"), 1);
  run(series->flush());
  EXPECT_EQ(points(errors_of("f0"))[0].set.sum, 2);
}

TEST_F(Series, WhatIsOldGoes) {
  record(0, errors_of("f"), 1);
  record(0, errors_of("g"), 1);
  run(series->flush());
  clock.advance(10 * 24h);
  record(0, errors_of("g"), 1);
  run(series->flush());
  EXPECT_EQ(all().size(), 2u);
  clock.advance(6 * 24h);
  run(series->flush());
  EXPECT_EQ(all(), std::vector{errors_of("g")});
  EXPECT_EQ(points(errors_of("g")).size(), 1u);
  EXPECT_TRUE(points(errors_of("f")).empty());
}

}  // namespace
}  // namespace brume::observe
