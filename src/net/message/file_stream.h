// A file as a body.
#pragma once

#include <memory>
#include <string>

#include "base/blocking_pool.h"
#include "net/message/body.h"

namespace brume::net {

/// Opens `path`; null if there is no such file. The stream's size is the file's at that moment. Files are opened and read
/// on `pool`, which outlives the stream. Errors, also of the stream: std::system_error, PoolFull.
Task<std::shared_ptr<BodyStream>> open_file(std::string path, BlockingPool& pool);

}  // namespace brume::net
