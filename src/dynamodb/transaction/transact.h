// Transactions over several items, whatever the form of the request: TransactWriteItems, TransactGetItems and
// PartiQL's ExecuteTransaction all end here. Private to dynamodb/.
//
// A transaction is one transaction of the store under the latches of all its items: it is serializable against every
// other write and commits at once or not at all. TransactionConflict comes on top, because clients know AWS's
// behaviour: who meets an item of a transaction in flight is refused instead of waiting (in_flight.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/task.h"
#include "dynamodb/item/write.h"
#include "dynamodb/item/reply_lists.h"
#include "dynamodb/item/capacity.h"
#include "dynamodb/state/state.h"
#include "dynamodb/table/table.h"

namespace brume::dynamodb {

inline constexpr std::size_t kMaxTransactItems = 100;
inline constexpr std::size_t kMaxTransactBytes = 4 * 1024 * 1024;

/// One action of a transaction that writes.
struct TransactWrite {
  TablePtr table;                         ///< any revision; the newest is used
  WriteKind kind = WriteKind::put;
  bool check_only = false;                ///< only the condition counts; `request->item` is a key
  const WriteRequest* request = nullptr;  ///< outlives the transaction; item_on_failure: see CancellationReason::item
};

/// Makes the transaction idempotent: within ten minutes another one with the same token writes nothing.
struct ClientToken {
  std::string token;  ///< ClientRequestToken
  std::string fingerprint;  ///< of what the transaction does (fingerprint_of); another one under the token is refused
};

/// What a transaction came to, in the order of its actions.
struct TransactOutcome {
  bool replayed = false;  ///< the token was known: nothing was written, `written` is empty
  std::vector<Written> written;
  /// Of each table, in the order of their first action; the revision that was written. Write units, doubled as AWS
  /// bills transactions; of a replay: read units.
  std::vector<TableConsumption> tables;
};

/// Checks and runs all actions: all or none. Errors:
///   ResourceNotFoundException    a table is being removed
///   ValidationException          two actions on one item; more than 4 MB
///   TransactionCanceledException an action cannot be done, its condition fails, or it meets a transaction in flight
///   IdempotentParameterMismatchException, TransactionInProgressException   see ClientToken
Task<TransactOutcome> run_transact_writes(State& state, const service::Call& call, std::vector<TransactWrite> actions,
                                          std::optional<ClientToken> token);

/// One item to be read.
struct TransactRead {
  TablePtr table;
  std::string key_item;  ///< the request's Key in stored form
};

/// Reads all items as of one moment; the stored items in the order of `reads`, "" for absent ones. Errors:
/// ValidationException for two reads of one item or more than 4 MB; TransactionCanceledException for keys that don't
/// fit their table, and for items of a transaction in flight.
Task<std::vector<std::string>> run_transact_reads(State& state, std::vector<TransactRead> reads);

/// Why an action cancelled its transaction; code "None" for one that did not.
struct CancellationReason {
  std::string_view code = "None";
  std::string message;
  std::string item;  ///< stored form, "" for none

  /// ValidationError with the message of a ValidationException. Rethrows other errors.
  static CancellationReason of(const AwsError& error);
};

/// Throws TransactionCanceledException with the reasons, in the order of the actions, if one is other than None.
void throw_if_cancelled(const std::vector<CancellationReason>& reasons);

}  // namespace brume::dynamodb
