// One page of a Query or a Scan: walks a range of items, filters, projects and writes the answer's items
// straight from the stored form.
//
// The walk is done in slices of bounded work, and between two slices the loop serves others. Each slice
// reads its own snapshot: a page is not one instant, as AWS's are not; each item in it is a committed one,
// and one that was committed before the request began is seen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/task.h"
#include "dynamodb/expression/condition.h"
#include "dynamodb/expression/projection.h"
#include "dynamodb/item/capacity.h"
#include "dynamodb/state/state.h"

namespace brume::dynamodb {

/// A page ends with the item that brings the sizes of the items read to this. Of index entries the projected attributes
/// count, and the items that are fetched for them.
inline constexpr std::size_t kPageBytes = 1024 * 1024;

/// What it refers to outlives the read.
struct PageRequest {
  store::Range range;
  store::Direction direction = store::Direction::forward;
  std::uint64_t limit = 0;  ///< items read, before the filter; 0: no limit
  std::size_t bytes = kPageBytes;  ///< less for a further part of a page that is read in several
  const ConditionExpression* filter = nullptr;
  const ProjectionExpression* projection = nullptr;
  bool wants_items = true;  ///< false: only counts
  /// Set if the records are index entries and the answer takes the items they stand for. The filter sees the entries.
  const Table* fetch_from = nullptr;
};

struct Page {
  std::string items;  ///< JSON: "{…},{…}"
  std::uint64_t count = 0;  ///< passed the filter
  std::uint64_t scanned = 0;  ///< read
  std::size_t bytes = 0;  ///< of the records read, as billed
  std::size_t fetched_bytes = 0;  ///< the part of `bytes` that is items fetched for index entries
  HalfUnits fetched_units = 0;  ///< for the items that were fetched (eventually consistent)
  std::optional<std::string> last_item;  ///< stored form of the last item read, if the page ended before the range
};

Task<Page> read_page(State& state, PageRequest request);

}  // namespace brume::dynamodb
