#include "store/json_records.h"

#include <boost/json.hpp>

namespace brume::store {
namespace json = boost::json;
namespace {
constexpr char kFormat = 1;
}  // namespace

std::string encode_record(const json::object& record) { return std::string(1, kFormat) + json::serialize(record); }

json::object decode_record(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != kFormat) throw DamagedRecord("a record has an unknown format");
  boost::system::error_code error;
  json::value value = json::parse(bytes.substr(1), error);
  if (error || !value.is_object()) throw DamagedRecord("a record is damaged");
  return std::move(value.as_object());
}

std::optional<json::object> read_record(Reader& reader, const std::string& key) {
  std::string bytes;
  if (!reader.get(key, bytes)) return std::nullopt;
  return decode_record(bytes);
}

void write_record(Transaction& transaction, const std::string& key, const json::object& record) {
  transaction.put(key, encode_record(record));
}

std::vector<json::object> read_records(Reader& reader, const std::string& prefix) {
  std::vector<json::object> records;
  for (auto cursor = reader.scan(Range::of_prefix(prefix)); cursor->valid(); cursor->next())
    records.push_back(decode_record(cursor->value()));
  return records;
}

std::vector<std::string> key_suffixes(Reader& reader, const std::string& prefix, std::size_t limit) {
  std::vector<std::string> suffixes;
  for (auto cursor = reader.scan(Range::of_prefix(prefix)); cursor->valid() && suffixes.size() < limit; cursor->next())
    suffixes.emplace_back(cursor->key().substr(prefix.size()));
  return suffixes;
}

std::size_t count_keys(Reader& reader, const std::string& prefix) {
  std::size_t count = 0;
  for (auto cursor = reader.scan(Range::of_prefix(prefix)); cursor->valid(); cursor->next()) ++count;
  return count;
}

bool any_key(Reader& reader, const std::string& prefix) { return reader.scan(Range::of_prefix(prefix))->valid(); }

}  // namespace brume::store
