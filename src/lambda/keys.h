// Where Lambda's data lies in the store. Every key starts with store::kLambdaSpace and one letter:
//
//   l f  account 00 region 00 name 00 version   → function record (function_record.h); version "$LATEST"
//   l a  due u64 (Unix milliseconds)  id        → an accepted asynchronous invoke (async_queue.h)
//
// Code packages are files beside the store (code_store.h): they are large, written once and read by
// other processes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lambda/function_name.h"
#include "store/store.h"

namespace brume::lambda {

std::string function_key(const FunctionId& id, std::string_view version = "$LATEST");
store::Range function_records();

std::string async_key(std::uint64_t due_millis, std::string_view id);
store::Range async_records();
/// The due time in an async_key.
std::uint64_t async_due(std::string_view key);

}  // namespace brume::lambda
