// How the asynchronous queue reads what it keeps in the store: keys.h draws where.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lambda/function_name.h"
#include "store/store.h"

namespace brume::lambda {

inline constexpr std::uint64_t kNeverDue = ~std::uint64_t(0);

struct AsyncEntry {
  std::string key;
  std::string value;
};
using AsyncEntries = std::vector<AsyncEntry>;

/// The first `count` records of `range`.
AsyncEntries read_entries(store::Reader& reader, const store::Range& range, std::size_t count);

struct DueInvokes {
  AsyncEntries due;
  std::string from;  ///< behind the last of them
  std::uint64_t next_due = kNeverDue;  ///< of the first record not taken that is left
};
/// What is due at `now` in one function's range, at most `room`, without those in `taken`.
DueInvokes find_due(store::Reader& reader, const store::Range& range, const std::set<std::string>& taken,
                    std::uint64_t now, std::size_t room);

struct Backlog {
  std::uint64_t records = 0;
  std::vector<std::pair<FunctionId, std::uint64_t>> functions;  ///< each with the time its first one is due
  AsyncEntries strange;  ///< under keys that name no function
};
/// What an earlier run left: a walk over all records.
Backlog find_backlog(store::Reader& reader);

}  // namespace brume::lambda
