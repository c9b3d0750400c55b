#include "iam/records.h"

#include "base/encoding.h"
#include "iam/errors.h"

namespace brume::iam {
namespace {

constexpr char kFormat = 1;
constexpr std::int64_t kPageSize = 100;

const json::value* member_of(const json::object& object, std::string_view member) {
  const json::value* value = object.if_contains(member);
  return value && !value->is_null() ? value : nullptr;
}

/// The key end after which the page begins; "" for the first page.
std::string start_of_page(const json::object& input) {
  const std::string marker = text(input, "Marker");
  if (marker.empty()) return {};
  std::optional<std::string> start = base64_decode(marker);
  if (!start || start->empty()) throw validation_error("Invalid Marker.");
  return *start;
}

json::object page_output(std::string_view member, json::array items, bool truncated, std::string_view last) {
  json::object out{{member, std::move(items)}, {"IsTruncated", truncated}};
  if (truncated) out["Marker"] = base64_encode(last);
  return out;
}

}  // namespace

std::string text(const json::object& object, std::string_view member) {
  const json::value* value = member_of(object, member);
  return value ? std::string(value->as_string()) : std::string();
}

std::int64_t whole(const json::object& object, std::string_view member, std::int64_t otherwise) {
  const json::value* value = member_of(object, member);
  return value ? value->to_number<std::int64_t>() : otherwise;
}

bool flag(const json::object& object, std::string_view member) {
  const json::value* value = member_of(object, member);
  return value && value->as_bool();
}

double number(const json::object& object, std::string_view member) {
  const json::value* value = member_of(object, member);
  return value ? value->to_number<double>() : 0;
}

const json::array* array_member(const json::object& object, std::string_view member) {
  const json::value* value = member_of(object, member);
  return value ? &value->as_array() : nullptr;
}

void copy_member(const json::object& from, json::object& to, std::string_view member) {
  if (const json::value* value = member_of(from, member)) to[member] = *value;
}

json::object decode_record(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != kFormat) throw store::StoreError("iam record of unknown format");
  boost::system::error_code error;
  json::value value = json::parse(bytes.substr(1), error);
  if (error || !value.is_object()) throw store::StoreError("iam record is damaged");
  return std::move(value.as_object());
}

std::string encode_record(const json::object& record) { return std::string(1, kFormat) + json::serialize(record); }

std::optional<json::object> read_record(store::Reader& reader, const std::string& key) {
  std::string value;
  if (!reader.get(key, value)) return std::nullopt;
  return decode_record(value);
}

void write_record(store::Transaction& transaction, const std::string& key, const json::object& record) {
  transaction.put(key, encode_record(record));
}

std::vector<std::string> key_suffixes(store::Reader& reader, const std::string& prefix, std::size_t limit) {
  std::vector<std::string> out;
  for (auto cursor = reader.scan(store::Range::of_prefix(prefix)); cursor->valid() && out.size() < limit;
       cursor->next())
    out.emplace_back(cursor->key().substr(prefix.size()));
  return out;
}

std::size_t count_keys(store::Reader& reader, const std::string& prefix) {
  std::size_t count = 0;
  for (auto cursor = reader.scan(store::Range::of_prefix(prefix)); cursor->valid(); cursor->next()) ++count;
  return count;
}

bool any_key(store::Reader& reader, const std::string& prefix) {
  return reader.scan(store::Range::of_prefix(prefix))->valid();
}

json::object page_of_keys(store::Reader& reader, const std::string& prefix, const json::object& input,
                          std::string_view member, const MakeItem& make) {
  store::Range range = store::Range::of_prefix(prefix);
  const std::string start = start_of_page(input);
  if (!start.empty()) range.begin = prefix + start + '\0';
  const auto limit = static_cast<std::size_t>(whole(input, "MaxItems", kPageSize));
  json::array items;
  std::string last;
  for (auto cursor = reader.scan(range); cursor->valid(); cursor->next()) {
    const std::string_view suffix = cursor->key().substr(prefix.size());
    std::optional<json::value> item = make(suffix, cursor->value());
    if (!item) continue;
    if (items.size() == limit) return page_output(member, std::move(items), true, last);
    items.push_back(std::move(*item));
    last = suffix;
  }
  return page_output(member, std::move(items), false, {});
}

json::object page_of_items(std::vector<std::pair<std::string, json::value>> items, const json::object& input,
                           std::string_view member) {
  const std::string start = start_of_page(input);
  const auto limit = static_cast<std::size_t>(whole(input, "MaxItems", kPageSize));
  json::array page;
  std::string last;
  for (auto& [key, item] : items) {
    if (!start.empty() && key <= start) continue;
    if (page.size() == limit) return page_output(member, std::move(page), true, last);
    page.push_back(std::move(item));
    last = key;
  }
  return page_output(member, std::move(page), false, {});
}

}  // namespace brume::iam
