// For the tests of this folder: tables with indexes, and looks at what is stored.
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "dynamodb/check.h"
#include "dynamodb/table/keys.h"
#include "dynamodb/test_service.h"
#include "store/key_spaces.h"

namespace brume::dynamodb {

/// What `brume store check` says about the store.
inline std::vector<std::string> faults(TestService& db) {
  std::vector<std::string> reports;
  auto look = [](store::Store& store, std::vector<std::string>& reports) -> Task<> {
    auto body = [](store::Reader& reader) {
      std::vector<std::string> found;
      EntryChecker checker([&](std::string report) { found.push_back(std::move(report)); });
      for (auto cursor = reader.scan(store::Range{}); cursor->valid(); cursor->next())
        checker.see(cursor->key(), cursor->value());
      checker.finish();
      return found;
    };
    reports = co_await store.read(body);
  };
  db.run(look(*db.store(), reports));
  return reports;
}

/// Number of keys of `range`.
inline std::size_t count_keys(TestService& db, const store::Range& range) {
  std::size_t count = 0;
  auto look = [](store::Store& store, const store::Range& range, std::size_t& count) -> Task<> {
    auto body = [&](store::Reader& reader) {
      std::size_t keys = 0;
      for (auto cursor = reader.scan(range); cursor->valid(); cursor->next()) ++keys;
      return keys;
    };
    count = co_await store.read(body);
  };
  db.run(look(*db.store(), range, count));
  return count;
}

/// All keys of a kind: 'i' items, 'l' and 'g' index entries, 'b' backfills, …
inline std::size_t count_kind(TestService& db, char kind) {
  return count_keys(db, store::Range::of_prefix(std::string(1, store::kDynamoDbSpace) + kind));
}

/// Calls `done` until it is true, for ten seconds at most.
template <class F>
bool eventually(F done) {
  for (int i = 0; i < 10'000; ++i) {
    if (done()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

class IndexTest : public ::testing::Test {
 protected:
  boost::json::object describe(std::string_view table = "tab") {
    return db.ok("DescribeTable", R"({"TableName":")" + std::string(table) + R"("})").at("Table").as_object();
  }
  /// The description of an index, empty if there is none.
  boost::json::object index(std::string_view name, std::string_view table = "tab") {
    boost::json::object description = describe(table);
    for (const char* list : {"GlobalSecondaryIndexes", "LocalSecondaryIndexes"})
      if (const auto* indexes = description.if_contains(list))
        for (const auto& one : indexes->as_array())
          if (one.at("IndexName").as_string() == name) return one.as_object();
    return {};
  }
  std::string status_of(std::string_view name) {
    boost::json::object description = index(name);
    return description.empty() ? "" : std::string(description.at("IndexStatus").as_string());
  }
  std::int64_t item_count(std::string_view name) { return index(name).at("ItemCount").to_number<std::int64_t>(); }
  bool becomes_active(std::string_view name) {
    return eventually([&] { return status_of(name) == "ACTIVE"; });
  }

  void put(int id, std::string_view more) {
    db.ok("PutItem",
          R"({"TableName":"tab","Item":{"id":{"S":"i)" + std::to_string(id) + R"("})" + std::string(more) + "}}");
  }
  void expect_no_faults() {
    for (const std::string& fault : faults(db)) ADD_FAILURE() << fault;
  }

  TestService db;
};

}  // namespace brume::dynamodb
