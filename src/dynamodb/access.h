// What DynamoDB's operations do to which tables, indexes and streams, for authorization. Item operations are raw: their
// JSON is read here once more, and only when somebody asks.
#pragma once

#include <vector>

#include "service/operation.h"

namespace brume::dynamodb {

using service::Access;
using service::Call;
using service::Entry;

// Operations whose input is decoded.
std::vector<Access> named_table(const Entry& entry, const Call& call);  ///< TableName
std::vector<Access> table_with_tags(const Entry& entry, const Call& call);  ///< CreateTable
std::vector<Access> table_or_index(const Entry& entry, const Call& call);  ///< TableName, IndexName
std::vector<Access> given_resource(const Entry& entry, const Call& call);  ///< ResourceArn
std::vector<Access> given_table_if_any(const Entry& entry, const Call& call);  ///< TableArn, else "*"

// Raw operations.
std::vector<Access> item_table(const Entry& entry, const Call& call);  ///< TableName
std::vector<Access> read_table(const Entry& entry, const Call& call);  ///< Query, Scan: the table, or its index
std::vector<Access> batched_tables(const Entry& entry, const Call& call);  ///< RequestItems
std::vector<Access> transacted_items(const Entry& entry, const Call& call);  ///< each action of a transaction
std::vector<Access> statements(const Entry& entry, const Call& call);  ///< PartiQL's own actions

}  // namespace brume::dynamodb
