// Records that are JSON objects: what services keep of their resources. A value is one byte of format version and the
// object. Inside store bodies, as the readers and transactions that are handed in.
#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace brume::store {

std::string encode_record(const boost::json::object& record);
/// Errors: DamagedRecord.
boost::json::object decode_record(std::string_view bytes);

/// nullopt if there is none.
std::optional<boost::json::object> read_record(Reader& reader, const std::string& key);
void write_record(Transaction& transaction, const std::string& key, const boost::json::object& record);
/// All records whose key begins with `prefix`, in key order.
std::vector<boost::json::object> read_records(Reader& reader, const std::string& prefix);

/// Keys under `prefix`, without it, in order; at most `limit`.
std::vector<std::string> key_suffixes(Reader& reader, const std::string& prefix,
                                      std::size_t limit = std::numeric_limits<std::size_t>::max());
std::size_t count_keys(Reader& reader, const std::string& prefix);
bool any_key(Reader& reader, const std::string& prefix);

}  // namespace brume::store
