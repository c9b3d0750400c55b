#include "iam/records.h"

#include "base/encoding.h"
#include "iam/errors.h"

namespace brume::iam {
namespace {

constexpr std::int64_t kPageSize = 100;

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
