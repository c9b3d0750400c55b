// Bodies of the item operations from anybody: whatever comes, a request is read or refused with an AwsError.
#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "dynamodb/item/batch_get_request.h"
#include "dynamodb/item/batch_write_request.h"
#include "dynamodb/item/write_request.h"
#include "dynamodb/read/read_request.h"
#include "dynamodb/transaction/transact_request.h"

namespace {

template <class Request, class Read>
void try_read(std::string_view body, Read read) {
  Request request;
  try {
    read(body, request);
  } catch (const brume::AwsError&) {}
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  using namespace brume::dynamodb;
  switch (data[0] % 9) {
    case 0: try_read<WriteRequest>(body, read_put_item); break;
    case 1: try_read<WriteRequest>(body, read_update_item); break;
    case 2: try_read<WriteRequest>(body, read_delete_item); break;
    case 3: try_read<ReadRequest>(body, read_query); break;
    case 4: try_read<BatchGetRequest>(body, read_batch_get); break;
    case 5: try_read<BatchWriteRequest>(body, read_batch_write); break;
    case 6: try_read<TransactWriteRequest>(body, read_transact_write_items); break;
    case 7: try_read<TransactGetRequest>(body, read_transact_get_items); break;
    default: try_read<ReadRequest>(body, read_scan); break;
  }
  return 0;
}
