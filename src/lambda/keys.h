// Where Lambda's data lies in the store. Every key starts with store::kLambdaSpace and one letter:
//
//   l f  account 00 region 00 name 00 version   → function record (function_record.h); version "$LATEST"
//   l e  account 00 region 00 name 00  due u64 (Unix milliseconds)  id
//                                               → an accepted asynchronous invoke (async_queue.h)
//   l t  the rest of such a key                 → nothing: an attempt of that invoke is under way
//   l q  the rest of a key                      → an invoke's record that could not be read, set aside
//   l a  due u64  id                            → an asynchronous invoke as former versions kept it: moved to l e
//
// Code packages are files beside the store (code_store.h): they are large, written once and read by
// other processes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lambda/function_name.h"
#include "store/store.h"

namespace brume::lambda {

std::string function_key(const FunctionId& id, std::string_view version = "$LATEST");
store::Range function_records();
/// The function in a function_key.
FunctionId function_of(std::string_view key);

std::string async_key(const FunctionId& id, std::uint64_t due_millis, std::string_view request_id);
store::Range async_records();
store::Range async_records_of(const FunctionId& id);
/// Whose invoke a key of async_records() is and when it is due; nullopt if it is none of ours.
struct AsyncKey {
  FunctionId function;
  std::uint64_t due_millis = 0;
};
std::optional<AsyncKey> parse_async_key(std::string_view key);
/// The mark that the invoke under an async_key is being run, and back.
std::string started_async_key(std::string_view async_key);
std::string async_key_of_started(std::string_view key);
store::Range started_async_records();
/// Where the record of a key is set aside.
std::string quarantine_key(std::string_view key);
store::Range quarantined_records();
/// Invokes that a former version accepted.
store::Range former_async_records();

}  // namespace brume::lambda
