#include "dynamodb/request/errors.h"
#include "dynamodb/table/definition_json.h"

namespace brume::dynamodb {
namespace json = boost::json;
namespace {

constexpr std::int64_t kMaxUnits = 1'000'000'000'000;

bool is_same_day(WallTime a, WallTime b) {
  using Days = std::chrono::days;
  return std::chrono::floor<Days>(a) == std::chrono::floor<Days>(b);
}

}  // namespace

Throughput read_throughput(const json::object& o) {
  Throughput throughput;
  throughput.read_units = whole(o, "ReadCapacityUnits");
  throughput.write_units = whole(o, "WriteCapacityUnits");
  auto check = [](std::int64_t units, std::string_view name) {
    if (units > kMaxUnits)
      throw_validation("Given value " + std::to_string(units) + " for " + std::string(name) + " is out of bounds");
  };
  check(throughput.read_units, "ReadCapacityUnits");
  check(throughput.write_units, "WriteCapacityUnits");
  return throughput;
}

void change_throughput(const Throughput& wanted, WallTime now, Throughput& current) {
  if (!current.last_decrease || !is_same_day(*current.last_decrease, now)) current.decreases_today = 0;
  if (wanted.read_units > current.read_units || wanted.write_units > current.write_units) current.last_increase = now;
  if (wanted.read_units < current.read_units || wanted.write_units < current.write_units) {
    current.last_decrease = now;
    current.decreases_today += 1;
  }
  current.read_units = wanted.read_units;
  current.write_units = wanted.write_units;
}

json::object describe_throughput(const Throughput& throughput, WallTime now) {
  bool today = throughput.last_decrease && is_same_day(*throughput.last_decrease, now);
  json::object o{{"NumberOfDecreasesToday", today ? throughput.decreases_today : 0},
                 {"ReadCapacityUnits", throughput.read_units},
                 {"WriteCapacityUnits", throughput.write_units}};
  if (throughput.last_increase) o["LastIncreaseDateTime"] = unix_seconds(*throughput.last_increase);
  if (throughput.last_decrease) o["LastDecreaseDateTime"] = unix_seconds(*throughput.last_decrease);
  return o;
}

json::object describe_warm_throughput(bool on_demand, const Throughput& throughput, const json::object& given) {
  json::object o{{"ReadUnitsPerSecond", on_demand ? 12'000 : throughput.read_units},
                 {"WriteUnitsPerSecond", on_demand ? 4'000 : throughput.write_units},
                 {"Status", "ACTIVE"}};
  for (const auto& value : given) o[value.key()] = value.value();
  return o;
}

}  // namespace brume::dynamodb
