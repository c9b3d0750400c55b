#include "lambda/async_records.h"

#include "lambda/keys.h"

namespace brume::lambda {

AsyncEntries read_entries(store::Reader& reader, const store::Range& range, std::size_t count) {
  AsyncEntries found;
  for (auto cursor = reader.scan(range); cursor->valid() && found.size() < count; cursor->next())
    found.push_back({std::string(cursor->key()), std::string(cursor->value())});
  return found;
}

DueInvokes find_due(store::Reader& reader, const store::Range& range, const std::set<std::string>& taken,
                    std::uint64_t now, std::size_t room) {
  DueInvokes out;
  out.from = range.begin;
  for (auto cursor = reader.scan(range); cursor->valid(); cursor->next()) {
    std::string key(cursor->key());
    if (taken.contains(key)) continue;
    const auto parsed = parse_async_key(key);
    const std::uint64_t due = parsed ? parsed->due_millis : 0;
    if (due > now || out.due.size() == room) {
      out.next_due = due;
      return out;
    }
    out.from = key + '\0';
    out.due.push_back({std::move(key), std::string(cursor->value())});
  }
  return out;
}

Backlog find_backlog(store::Reader& reader) {
  Backlog out;
  for (auto cursor = reader.scan(async_records()); cursor->valid(); cursor->next()) {
    ++out.records;
    if (const auto parsed = parse_async_key(cursor->key())) {
      if (out.functions.empty() || out.functions.back().first != parsed->function)
        out.functions.emplace_back(parsed->function, parsed->due_millis);
    } else {
      out.strange.push_back({std::string(cursor->key()), std::string(cursor->value())});
    }
  }
  return out;
}

}  // namespace brume::lambda
