// What is kept of the values of one minute, as CloudWatch's StatisticSet.
#pragma once

#include <algorithm>
#include <limits>

namespace brume::observe {

struct StatisticSet {
  double count = 0;  ///< of values: SampleCount
  double sum = 0;
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();

  void add(double value) {
    count += 1;
    sum += value;
    min = std::min(min, value);
    max = std::max(max, value);
  }
  void add(const StatisticSet& other) {
    count += other.count;
    sum += other.sum;
    min = std::min(min, other.min);
    max = std::max(max, other.max);
  }
};

}  // namespace brume::observe
