#include "dynamodb/transaction/transact.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <deque>

#include "dynamodb/index/index_keys.h"
#include "dynamodb/request/errors.h"
#include "dynamodb/table/item_key.h"
#include "dynamodb/state/write_pass.h"
#include "dynamodb/transaction/client_tokens.h"
#include "wire/item_json.h"
#include "wire/size.h"

namespace brume::dynamodb {
namespace {

bool is_empty_key_error(const AwsError& error) { return error.message().starts_with(kEmptyKeyText); }

/// Empty and too long key values are refused before a transaction begins, while a key that doesn't fit its table
/// cancels it.
bool is_refused_at_once(const AwsError& error) {
  return &error.kind() != &kValidationException || is_empty_key_error(error) ||
         error.message().find(" has exceeded the ") != std::string::npos;
}

void check_one_action_per_item(const std::vector<std::string>& keys) {
  std::vector<std::string_view> sorted(keys.begin(), keys.end());
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    throw_validation("Transaction request cannot include multiple operations on one item");
}

void check_total_size(std::size_t bytes) {
  if (bytes > kMaxTransactBytes) throw_validation("Transaction payload size cannot exceed 4 MB");
}

/// Store key by store key, `make_key(i)` for each of `count` actions. AWS looks no further than the first that it refuses.
template <class MakeKey>
std::vector<std::string> make_keys(std::size_t count, MakeKey make_key) {
  std::vector<std::string> keys(count);
  std::vector<CancellationReason> reasons(count);
  for (std::size_t i = 0; i < count; ++i) {
    try {
      keys[i] = make_key(i);
    } catch (const AwsError& error) {
      if (is_refused_at_once(error)) throw;
      reasons[i] = CancellationReason::of(error);
      break;
    }
  }
  throw_if_cancelled(reasons);
  check_one_action_per_item(keys);
  return keys;
}

/// The passes of the tables that the actions write, one for each table.
class Passes {
 public:
  void add(State& state, const TablePtr& table) {
    std::size_t i = 0;
    while (i < passes_.size() && passes_[i].table().id != table->id) ++i;
    if (i == passes_.size()) passes_.emplace_back(state, table);
    of_action_.push_back(i);
  }
  const Table& table(std::size_t action) const { return passes_[of_action_[action]].table(); }
  std::size_t number(std::size_t action) const { return of_action_[action]; }
  const std::deque<WritePass>& all() const { return passes_; }

 private:
  std::deque<WritePass> passes_;
  std::vector<std::size_t> of_action_;
};

/// A transaction that has been accepted.
struct Accepted {
  Passes passes;
  std::vector<std::string> keys;  ///< by action
};

void accept(State& state, const std::vector<TransactWrite>& actions, Accepted& accepted) {
  std::size_t bytes = 0;
  for (const TransactWrite& action : actions) {
    accepted.passes.add(state, action.table);
    bytes += wire::item_size(wire::ItemView(action.request->item));
  }
  accepted.keys = make_keys(actions.size(), [&](std::size_t i) {
    const WriteKind kind = actions[i].check_only ? WriteKind::erase : actions[i].kind;
    return check_write(accepted.passes.table(i), kind, *actions[i].request);
  });
  check_total_size(bytes);
}

void claim_items(InFlight::Claim& claim, const std::vector<std::string>& keys) {
  std::vector<CancellationReason> reasons(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (!claim.add(keys[i])) reasons[i] = {"TransactionConflict", std::string(kTransactionConflictText), {}};
  throw_if_cancelled(reasons);
}

Written check_condition(store::Transaction& transaction, const std::string& key, const WriteRequest& request) {
  Written result;
  if (!transaction.get(key, result.before)) result.before.clear();
  result.passed = !request.condition || request.condition->matches(wire::ItemView(result.before));
  result.effect.size_before = result.effect.size_after = wire::item_size(wire::ItemView(result.before));
  return result;
}

/// All actions in their order. Errors: TransactionCanceledException with the reasons of all conditions that failed, up to
/// the first action that cannot be done; ValidationException for an empty index key.
std::vector<Written> apply(store::Transaction& transaction, ItemWriter& writer, const Accepted& accepted,
                           const std::vector<TransactWrite>& actions) {
  std::vector<Written> written(actions.size());
  std::vector<CancellationReason> reasons(actions.size());
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < actions.size(); ++i) {
    const TransactWrite& action = actions[i];
    const std::string& key = accepted.keys[i];
    try {
      written[i] = action.check_only
                       ? check_condition(transaction, key, *action.request)
                       : apply_write(transaction, writer, accepted.passes.table(i), action.kind, key, *action.request);
    } catch (const AwsError& error) {
      if (is_empty_key_error(error)) throw;
      reasons[i] = CancellationReason::of(error);
      break;
    }
    if (!written[i].passed)
      reasons[i] = {"ConditionalCheckFailed", "The conditional request failed",
                    action.request->item_on_failure ? written[i].before : std::string()};
    if (!action.check_only) bytes += written[i].effect.size_after;
  }
  throw_if_cancelled(reasons);
  check_total_size(bytes);
  return written;
}

/// One entry for each table, with `units(i)` of each action.
template <class Units>
void sum_up(const Passes& passes, std::size_t actions, TransactOutcome& outcome, Units units) {
  for (const WritePass& pass : passes.all()) outcome.tables.push_back({pass.table_ptr(), {}});
  for (std::size_t i = 0; i < actions; ++i) {
    Consumption consumption = units(i);
    // AWS bills two of everything: one to prepare, one to commit.
    outcome.tables[passes.number(i)].consumption.add(consumption);
    outcome.tables[passes.number(i)].consumption.add(consumption);
  }
}

std::vector<std::string> read_all(store::Reader& reader, const std::vector<std::string>& keys) {
  std::vector<std::string> items(keys.size());
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!reader.get(keys[i], items[i])) items[i].clear();
    bytes += wire::item_size(wire::ItemView(items[i]));
  }
  check_total_size(bytes);
  return items;
}

Task<TransactOutcome> replay(State& state, const Accepted& accepted) {
  TransactOutcome outcome;
  outcome.replayed = true;
  auto body = [&](store::Reader& reader) {
    std::vector<std::size_t> sizes;
    std::string item;
    for (const std::string& key : accepted.keys)
      sizes.push_back(reader.get(key, item) ? wire::item_size(wire::ItemView(item)) : 0);
    return sizes;
  };
  const std::vector<std::size_t> sizes = co_await state.store.read(body);
  sum_up(accepted.passes, sizes.size(), outcome, [&](std::size_t i) {
    return Consumption{read_units(sizes[i], true), {}};
  });
  co_return outcome;
}

}  // namespace

CancellationReason CancellationReason::of(const AwsError& error) {
  if (&error.kind() != &kValidationException) throw error;
  return {"ValidationError", error.message(), {}};
}

void throw_if_cancelled(const std::vector<CancellationReason>& reasons) {
  bool cancelled = false;
  std::string codes;
  for (const CancellationReason& reason : reasons) {
    cancelled = cancelled || reason.code != "None";
    if (!codes.empty()) codes += ", ";
    codes += reason.code;
  }
  if (!cancelled) return;
  boost::json::array list;
  for (const CancellationReason& reason : reasons) {
    boost::json::object entry{{"Code", reason.code}};
    if (!reason.item.empty()) {
      std::string item;
      wire::append_item_json(wire::ItemView(reason.item), item);
      entry["Item"] = boost::json::parse(item);
    }
    if (!reason.message.empty()) entry["Message"] = reason.message;
    list.push_back(std::move(entry));
  }
  throw AwsError(kTransactionCanceled,
                 "Transaction cancelled, please refer cancellation reasons for specific reasons [" + codes + "]",
                 {{"CancellationReasons", std::move(list)}});
}

Task<TransactOutcome> run_transact_writes(State& state, const service::Call& call, std::vector<TransactWrite> actions,
                                          std::optional<ClientToken> token) {
  Accepted accepted;
  accept(state, actions, accepted);
  const WallTime now = state.clock.now();

  std::string name;  // outlives the claim
  InFlight::Claim claim(state.in_flight);
  if (token) {
    name = token_name(call, token->token);
    if (!claim.add(name))
      throw AwsError(kTransactionInProgress, "The transaction with the given request token is already in progress.");
    auto look = [&](store::Reader& reader) {
      return is_known_token(reader, call, token->token, token->fingerprint, now);
    };
    const bool known = co_await state.store.read(look);
    if (known) co_return co_await replay(state, accepted);
  }
  claim_items(claim, accepted.keys);

  auto body = [&](store::Transaction& transaction) -> std::optional<std::vector<Written>> {
    // Again, now that the token's lock is held: a claim keeps off who came to this server alone.
    if (token && is_known_token(transaction, call, token->token, token->fingerprint, now)) return std::nullopt;
    ItemWriter writer(transaction, now);
    std::vector<Written> written = apply(transaction, writer, accepted, actions);
    if (token) put_token(transaction, call, token->token, token->fingerprint, now);
    return written;
  };
  store::LockKeys locks = accepted.keys;
  if (token) locks.push_back(name);
  std::optional<std::vector<Written>> written = co_await state.store.run(std::move(locks), body);
  if (!written) co_return co_await replay(state, accepted);
  TransactOutcome outcome;
  outcome.written = std::move(*written);
  for (std::size_t i = 0; i < actions.size(); ++i)
    if (!actions[i].check_only) count_change(accepted.passes.table(i), accepted.keys[i], outcome.written[i].effect);
  sum_up(accepted.passes, actions.size(), outcome,
         [&](std::size_t i) { return consumed_by(outcome.written[i].effect); });
  co_return outcome;
}

Task<std::vector<std::string>> run_transact_reads(State& state, std::vector<TransactRead> reads) {
  const std::vector<std::string> keys = make_keys(
      reads.size(), [&](std::size_t i) { return key_of_key(*reads[i].table, wire::ItemView(reads[i].key_item)); });
  std::vector<CancellationReason> reasons(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (state.in_flight.contains(keys[i]))
      reasons[i] = {"TransactionConflict", std::string(kTransactionConflictText), {}};
  throw_if_cancelled(reasons);
  auto body = [&](store::Reader& reader) { return read_all(reader, keys); };
  co_return co_await state.store.read(body);
}

}  // namespace brume::dynamodb
