#include "server/clock_control.h"

#include <charconv>
#include <cmath>
#include <string>

#include "base/bytes.h"
#include "store/key_spaces.h"

namespace brume::server {
namespace {

using Milliseconds = std::chrono::milliseconds;

/// → 8 bytes, milliseconds.
const std::string kAheadKey = std::string(1, store::kServerSpace) + "clock";

std::int64_t stored(const std::string& value) {
  if (value.size() != sizeof(std::uint64_t)) throw store::DamagedRecord("the record of the moved clock is damaged");
  return static_cast<std::int64_t>(read_big_endian<std::uint64_t>(value.data()));
}

}  // namespace

std::optional<Milliseconds> parse_duration(std::string_view text) {
  constexpr std::pair<std::string_view, double> kUnits[] = {
      {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  for (const auto& [unit, millis] : kUnits) {
    if (text != unit) continue;
    const double all = value * millis;
    if (!(all >= 1) || all > static_cast<double>(Milliseconds(kAheadMax).count())) return std::nullopt;
    return Milliseconds(std::llround(all));
  }
  return std::nullopt;
}

ClockControl::ClockControl(store::Store& store, AdvancedClock& clock)
    : store_(store),
      clock_(clock),
      changes_(store, {kAheadKey, kAheadKey + '\0'}, [this](const cluster::Change& change) {
        if (change.value) follow(Milliseconds(stored(std::string(*change.value))));
      }) {}

Task<> ClockControl::open() {
  std::string value;
  if (co_await store_.get(kAheadKey, value)) follow(Milliseconds(stored(value)));
}

/// To where the store says, never back.
void ClockControl::follow(Milliseconds ahead) {
  {
    std::lock_guard lock(mutex_);
    const Milliseconds by = ahead - clock_.ahead();
    if (by.count() <= 0) return;
    clock_.advance(by);
  }
  for (const auto& look_again : moved_) look_again();
}

Task<bool> ClockControl::advance(Milliseconds by) {
  const auto add = [by](store::Transaction& transaction) {
    std::string value;
    const std::int64_t before = transaction.get(kAheadKey, value) ? stored(value) : 0;
    const Milliseconds after = Milliseconds(before) + by;
    if (after > kAheadMax) return false;
    std::string bytes;
    append_big_endian(bytes, static_cast<std::uint64_t>(after.count()));
    transaction.put(kAheadKey, bytes);
    return true;
  };
  co_return co_await store_.run(store::lock_on(kAheadKey), add);
}

}  // namespace brume::server
