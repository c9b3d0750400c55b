// One accepted asynchronous invoke, as it is kept in the store.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lambda/function_name.h"

namespace brume::lambda {

struct AsyncInvoke {
  FunctionId function;
  std::string request_id;
  std::string payload;
  std::string invoked_arn;
  std::string client_context;
  std::uint32_t failures = 0;  ///< function errors so far
  std::uint32_t throttles = 0;  ///< times in a row that no environment was free
  std::uint32_t interruptions = 0;  ///< attempts in a row that were under way when a server died
  std::uint64_t accepted_millis = 0;

  std::string serialize() const;
  /// Errors: store::StoreError if malformed.
  static AsyncInvoke parse(std::string_view text);
};

}  // namespace brume::lambda
