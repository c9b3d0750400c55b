// DynamoDB's errors, as the service model names them. Source: the Errors sections of the DynamoDB API reference.
#pragma once

#include "base/error.h"

namespace brume::dynamodb {

inline constexpr ErrorKind kResourceNotFound{"ResourceNotFoundException", 400};
inline constexpr ErrorKind kResourceInUse{"ResourceInUseException", 400};
inline constexpr ErrorKind kLimitExceeded{"LimitExceededException", 400};
inline constexpr ErrorKind kConditionalCheckFailed{"ConditionalCheckFailedException", 400};
inline constexpr ErrorKind kTransactionCanceled{"TransactionCanceledException", 400};
inline constexpr ErrorKind kTransactionConflict{"TransactionConflictException", 400};
inline constexpr std::string_view kTransactionConflictText = "Transaction is ongoing for the item";
inline constexpr ErrorKind kTransactionInProgress{"TransactionInProgressException", 400};
inline constexpr ErrorKind kIdempotentParameterMismatch{"IdempotentParameterMismatchException", 400};
inline constexpr ErrorKind kTableNotFound{"TableNotFoundException", 400};
inline constexpr ErrorKind kPolicyNotFound{"PolicyNotFoundException", 400};
inline constexpr ErrorKind kInternalServerError{"InternalServerError", 500};

[[noreturn]] inline void throw_validation(std::string message) {
  throw AwsError(kValidationException, std::move(message));
}

/// "One or more parameter values were invalid: …", the prefix that most of DynamoDB's own checks share.
[[noreturn]] inline void throw_invalid_parameter(std::string_view rest) {
  throw AwsError(kValidationException, "One or more parameter values were invalid: " + std::string(rest));
}

/// A request that uses a feature of DynamoDB that Brume does not have.
[[noreturn]] inline void throw_unsupported(std::string_view feature) {
  throw AwsError(kUnsupportedOperation, "Brume does not support " + std::string(feature) + " yet.");
}

/// What the item operations say about a table that is absent, being created or being deleted.
[[noreturn]] inline void throw_resource_not_found() {
  throw AwsError(kResourceNotFound, "Requested resource not found");
}

/// What the table operations say.
[[noreturn]] inline void throw_table_not_found(std::string_view table) {
  throw AwsError(kResourceNotFound, "Requested resource not found: Table: " + std::string(table) + " not found");
}

}  // namespace brume::dynamodb
