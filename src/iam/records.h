// Reading and writing IAM's records inside store bodies, and the pages of its lists.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/json_records.h"
#include "base/json_members.h"
#include "store/store.h"

namespace brume::iam {

namespace json = boost::json;

using store::any_key;
using store::count_keys;
using store::decode_record;
using store::encode_record;
using store::key_suffixes;
using store::read_record;
using store::write_record;

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
