// ClientRequestToken: what is known of transactions that carried one. The record is written in the transaction's own
// commit, so after a crash the token is known if and only if the transaction happened.
//
// Records lie in periods of the time at which they were written, so that the expired ones are the first of all and are
// removed without looking at any other. A token is looked for in the current period and the one before.
#pragma once

#include <simdjson.h>

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/task.h"
#include "dynamodb/state/state.h"
#include "store/store.h"

namespace brume::dynamodb {

/// How long a token is remembered, and the length of a period. Source: TransactWriteItems, API Reference.
inline constexpr std::chrono::minutes kClientTokenLife{10};
inline constexpr std::chrono::minutes kClientTokenSweepInterval{1};

/// Digest of what a request asks for, the same for every order of its objects' members: clients that retry may write
/// them in another order.
std::string fingerprint_of(simdjson::dom::element request);

/// True if the token stands for a transaction that was done less than ten minutes before `now`. Errors:
/// IdempotentParameterMismatchException if its fingerprint was another one.
bool is_known_token(store::Reader& reader, const service::Call& call, std::string_view token,
                    std::string_view fingerprint, WallTime now);

void put_token(store::Transaction& transaction, const service::Call& call, std::string_view token,
               std::string_view fingerprint, WallTime now);

/// What a token is called among transactions under way; no item's key is the same.
std::string token_name(const service::Call& call, std::string_view token);

/// Background job: removes expired tokens.
Task<> remove_expired_tokens(State& state, cluster::Job& job);

}  // namespace brume::dynamodb
