// "1 validation error detected: ", which AWS puts before what it finds wrong with a PutItem, UpdateItem or DeleteItem by
// itself, and with a Query's Select. What takes the table or the item to find stays bare, and so do reads, batches and
// transactions, the item's size, and all that comes with reading a value (wire::ValueError).
#pragma once

#include "base/error.h"

namespace brume::dynamodb {

/// Throws `error`, a ValidationException in the envelope if it belongs there and has none yet.
[[noreturn]] void throw_in_envelope(const AwsError& error);

/// Runs `read`; what it refuses goes into the envelope if `on`.
template <class Read>
void in_envelope(bool on, const Read& read) {
  if (!on) return read();
  try {
    read();
  } catch (const AwsError& error) {
    throw_in_envelope(error);
  }
}

}  // namespace brume::dynamodb
