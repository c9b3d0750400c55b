#include "dynamodb/index/expiry_index.h"

#include <charconv>

#include "dynamodb/table/keys.h"
#include "dynamodb/state/backfill.h"

namespace brume::dynamodb {

std::optional<std::uint64_t> expiry_of(const TimeToLive& settings, wire::ItemView item) {
  auto value = item.find(settings.attribute);
  if (!value || value->type() != wire::ValueType::number) return std::nullopt;
  const std::string text = value->number().to_string();
  std::uint64_t second = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), second);
  // Beyond the range of time: such an item never expires.
  constexpr std::uint64_t kLast = std::uint64_t{1} << 53;
  if (error != std::errc() || second == 0 || second > kLast) return std::nullopt;
  return second;
}

void update_expiry(store::Transaction& transaction, const TimeToLive& settings, const ItemChange& change) {
  const auto before = expiry_of(settings, change.before);
  const auto after = expiry_of(settings, change.after);
  if (before == after) return;
  if (before) transaction.erase(expiry_key(*before, change.key));
  if (after) transaction.put(expiry_key(*after, change.key), "");
}

Task<bool> fill_expiry_index(State& state, cluster::Job& job, TablePtr table) {
  auto visit = [table](store::Transaction& transaction, std::string_view item_key, wire::ItemView item) {
    if (auto second = expiry_of(*table->time_to_live, item)) transaction.put(expiry_key(*second, item_key), "");
  };
  Backfill backfill{.table = table, .progress_key = backfill_key(table->id, 'e', 0), .visit = std::move(visit)};
  const BackfillEnd end = co_await backfill_items(state, job, std::move(backfill));
  co_return end == BackfillEnd::done;
}

}  // namespace brume::dynamodb
