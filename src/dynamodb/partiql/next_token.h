// NextToken: where the next page of a SELECT begins. Private to dynamodb/partiql/.
//
// The token holds a digest of the statement, its parameters and the table, the number of the read within the statement
// and the last key read: it needs nothing of the server's memory, so it outlives a restart, and it fits no other
// statement. Nothing in it is secret to one who may run the statement.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "dynamodb/partiql/prepared_statement.h"
#include "dynamodb/table/table.h"

namespace brume::dynamodb::partiql {

struct Position {
  std::uint32_t read = 0;  ///< which of the statement's reads
  std::string key;         ///< store key of the last item read there; "" if it hasn't begun
};

std::string encode_next_token(const PreparedStatement& statement, const Table& table, const Position& position);

/// Errors: ValidationException "Invalid NextToken", "NextToken does not match request".
Position decode_next_token(std::string_view token, const PreparedStatement& statement, const Table& table);

}  // namespace brume::dynamodb::partiql
