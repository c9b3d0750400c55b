// Bodies of the item operations from anybody: whatever comes, a request is read or refused with an AwsError.
#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "dynamodb/read/read_request.h"
#include "dynamodb/item/write_request.h"

namespace {

template <class Request, class Read>
void try_read(std::string_view body, Read read) {
  Request request;
  try {
    read(body, request);
  } catch (const brume::AwsError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  using namespace brume::dynamodb;
  switch (data[0] % 5) {
    case 0: try_read<WriteRequest>(body, read_put_item); break;
    case 1: try_read<WriteRequest>(body, read_update_item); break;
    case 2: try_read<WriteRequest>(body, read_delete_item); break;
    case 3: try_read<ReadRequest>(body, read_query); break;
    default: try_read<ReadRequest>(body, read_scan); break;
  }
  return 0;
}
