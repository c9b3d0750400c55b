// Reading and writing IAM's records inside store bodies, and the pages of its lists.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/store.h"

namespace brume::iam {

namespace json = boost::json;

// Members of JSON objects; absent and null read as the empty value.
std::string text(const json::object& object, std::string_view member);
std::int64_t whole(const json::object& object, std::string_view member, std::int64_t otherwise);
bool flag(const json::object& object, std::string_view member);
double number(const json::object& object, std::string_view member);
const json::array* array_member(const json::object& object, std::string_view member);
/// Copies `member` if it is there and not null.
void copy_member(const json::object& from, json::object& to, std::string_view member);

/// Errors: store::StoreError when the bytes are not a record of a known format.
json::object decode_record(std::string_view bytes);
std::string encode_record(const json::object& record);
std::optional<json::object> read_record(store::Reader& reader, const std::string& key);
void write_record(store::Transaction& transaction, const std::string& key, const json::object& record);

/// Keys under `prefix`, without it; at most `limit`.
std::vector<std::string> key_suffixes(store::Reader& reader, const std::string& prefix, std::size_t limit);
std::size_t count_keys(store::Reader& reader, const std::string& prefix);
bool any_key(store::Reader& reader, const std::string& prefix);

/// Makes an item of a list out of a key's end and its value; nullopt leaves it out.
using MakeItem = std::function<std::optional<json::value>(std::string_view suffix, std::string_view value)>;

/// One page of what lies under `prefix`, as Marker and MaxItems of `input` ask: an output with `member`, IsTruncated
/// and Marker. Errors: ValidationError for a marker that is none.
json::object page_of_keys(store::Reader& reader, const std::string& prefix, const json::object& input,
                          std::string_view member, const MakeItem& make);
/// The same for items at hand; keys ascending and distinct.
json::object page_of_items(std::vector<std::pair<std::string, json::value>> items, const json::object& input,
                           std::string_view member);

}  // namespace brume::iam
