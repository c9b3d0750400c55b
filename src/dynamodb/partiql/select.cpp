#include "dynamodb/partiql/select.h"

#include <algorithm>

#include "dynamodb/request/errors.h"
#include "dynamodb/index/index_entry.h"
#include "dynamodb/table/item_key.h"
#include "dynamodb/item/write_request.h"
#include "dynamodb/partiql/item_key_of.h"
#include "dynamodb/read/page.h"
#include "wire/item_json.h"
#include "wire/key_encoding.h"

namespace brume::dynamodb::partiql {
namespace {

/// Everything that a SELECT reads; refers to the statement and the table.
struct Plan {
  Plan(const PreparedStatement& prepared, TablePtr of_table, const Index* index)
      : statement(prepared), table(std::move(of_table)), target(*table, index) {}

  const PreparedStatement& statement;
  TablePtr table;
  ReadTarget target;
  std::vector<store::Range> ranges;
  store::Direction direction = store::Direction::forward;
  std::optional<ConditionExpression> filter;
  bool whole_items = false;  ///< of a local index: columns that only the table has
};

/// Names in the order in which a Java HashSet lists them, as AWS prints these.
std::string set_text(const std::vector<std::string_view>& names) {
  std::vector<std::string_view> unique;
  for (const std::string_view name : names)
    if (std::find(unique.begin(), unique.end(), name) == unique.end()) unique.push_back(name);
  std::uint32_t buckets = 16;
  while (unique.size() * 4 > buckets * 3) buckets *= 2;
  auto bucket = [&](std::string_view name) {
    std::uint32_t hash = 0;
    for (const char c : name) hash = hash * 31 + static_cast<unsigned char>(c);
    return (hash ^ (hash >> 16)) & (buckets - 1);
  };
  std::stable_sort(unique.begin(), unique.end(),
                   [&](std::string_view a, std::string_view b) { return bucket(a) < bucket(b); });
  std::string text = "[";
  for (const std::string_view name : unique) (text += text.size() > 1 ? ", " : "") += name;
  return text + "]";
}

/// A global index has no way back to the table.
void check_columns(Plan& plan) {
  if (!plan.statement.projection()) return;
  std::string absent;
  plan.statement.projection()->for_each_path([&](PathView path) {
    check_key_path(*plan.table, path);
    if (!plan.target.projects(path[0].name)) (absent += absent.empty() ? "" : ", ") += path[0].name;
  });
  if (absent.empty()) return;
  plan.whole_items = true;
  if (plan.target.index()->kind == IndexKind::global)
    throw_invalid_parameter("Global secondary index " + plan.target.index()->name + " does not project [" + absent +
                            "]");
}

/// A read by key may not filter by what the index lacks; a scan simply finds nothing there. Measured on AWS: of several
/// reads one that can be done is enough, and the greatest key is told.
void check_filters(const Plan& plan, const Lookups& lookups) {
  const Lookup* told = nullptr;
  for (const Lookup& lookup : lookups.reads) {
    auto lacks = [&](std::string_view name) { return !plan.target.projects(name); };
    if (std::none_of(lookup.filtered.begin(), lookup.filtered.end(), lacks)) return;
    if (told == nullptr || *compare_values(lookup.partition, told->partition) > 0) told = &lookup;
  }
  if (told == nullptr) return;
  std::vector<std::string_view> absent;
  for (const std::string_view name : told->filtered)
    if (!plan.target.projects(name)) absent.push_back(name);
  throw_invalid_parameter("Secondary index " + plan.target.index()->name +
                          " does not project one or more filter attributes: " + set_text(absent));
}

void make_plan(Plan& plan) {
  const Statement& statement = plan.statement.statement();
  const ConditionTree& where = plan.statement.where();
  if (plan.statement.input().consistent && plan.target.index() && plan.target.index()->kind == IndexKind::global)
    throw_validation("Strongly consistent read is not supported on Global Secondary Indexes");
  check_columns(plan);
  if (!where.nodes.empty()) plan.filter.emplace(where);
  if (plan.filter) plan.filter->for_each_path([&](PathView path) { check_key_path(*plan.table, path); });
  Lookups lookups = find_lookups(where, plan.target);
  if (lookups.keyed) check_filters(plan, lookups);
  plan.direction = apply_order(statement, plan.target, lookups);
  if (!lookups.keyed) plan.ranges.push_back(store::Range::of_prefix(plan.target.prefix()));
  for (Lookup& lookup : lookups.reads) plan.ranges.push_back(std::move(lookup.range));
}

/// Store key of an item, or index entry, that was read.
std::string key_of_record(const Plan& plan, wire::ItemView record) {
  std::string key = key_of_item(*plan.table, record);
  if (plan.target.index() == nullptr) return key;
  IndexEntry entry;
  make_index_entry(*plan.table, *plan.target.index(), key, record, entry);
  return entry.key;
}

/// Leaves out what earlier pages have read.
void start_at(const Plan& plan, const Position& position, std::vector<store::Range>& ranges) {
  if (position.read >= ranges.size()) throw_validation("Invalid NextToken");
  store::Range& range = ranges[position.read];
  if (position.key.empty()) return;
  if (position.key < range.begin || position.key >= range.end) throw_validation("Invalid NextToken");
  if (plan.direction == store::Direction::forward) range.begin = wire::after_prefix(position.key);
  else range.end = position.key;
}

void add_units(const Plan& plan, const Page& page, Consumption& consumption) {
  const bool consistent = plan.statement.input().consistent;
  const HalfUnits units = read_units(page.bytes - page.fetched_bytes, consistent);
  if (plan.target.index() == nullptr) consumption.add({units, {}});
  else consumption.add({page.fetched_units * (consistent ? 2 : 1), {{plan.target.index(), units}}});
}

PageRequest page_request(const Plan& plan, std::uint64_t limit) {
  PageRequest request;
  request.direction = plan.direction;
  request.limit = limit;
  if (plan.whole_items) request.fetch_from = plan.table.get();
  request.filter = plan.filter ? &*plan.filter : nullptr;
  request.projection = plan.statement.projection() ? &*plan.statement.projection() : nullptr;
  return request;
}

}  // namespace

const Index* find_index(const Table& table, const Statement& statement, WallTime now) {
  if (!statement.index) return nullptr;
  const Index* index = table.find_index(*statement.index);
  if (index == nullptr || !index->serves_reads(now)) throw_validation("The table does not have the specified index");
  if (index->partition_keys.size() > 1 || index->sort_keys.size() > 1)
    throw_validation(
        "PartiQL statements cannot be executed on tables with multi-attribute HASH keys or multi-attribute RANGE "
        "keys.");
  return index;
}

Task<SelectPage> run_select(State& state, const PreparedStatement& statement, TablePtr table, SelectOptions options) {
  const Index* index = find_index(*table, statement.statement(), state.clock.now());
  Plan plan(statement, std::move(table), index);
  make_plan(plan);
  std::vector<store::Range> ranges = plan.ranges;
  if (options.start) start_at(plan, *options.start, ranges);

  SelectPage out;
  std::size_t bytes = 0;
  std::uint64_t scanned = 0;
  for (std::uint32_t i = options.start ? options.start->read : 0; i < ranges.size(); ++i) {
    PageRequest request = page_request(plan, options.limit == 0 ? 0 : options.limit - scanned);
    request.bytes = kPageBytes - bytes;
    request.range = ranges[i];
    Page page;
    if (request.range.begin < request.range.end) page = co_await read_page(state, std::move(request));
    add_units(plan, page, out.consumption);
    if (!page.items.empty()) (out.items += out.items.empty() ? "" : ",") += page.items;
    bytes += page.bytes;
    scanned += page.scanned;
    if (!page.last_item) {
      if (bytes < kPageBytes || i + 1 == ranges.size()) continue;
      out.position = Position{i + 1, {}};
      break;
    }
    const wire::ItemView last(*page.last_item);
    plan.target.append_start_key(last, out.last_key);
    out.position = Position{i, key_of_record(plan, last)};
    break;
  }
  if (ranges.empty()) add_units(plan, {}, out.consumption);
  co_return out;
}

PointRead find_point(const PreparedStatement& statement, const Table& table, bool check_types) {
  statement.projection();  // for its errors, whether there is an item or not
  find_lookups(statement.where(), ReadTarget(table, nullptr), check_types);
  NamedKey key = find_key(statement.where(), table, true);
  if (key.complete && check_types) check_key_types(table, key);
  const bool only_key = key.complete && key.nothing_else && key.conflict.empty() && !statement.statement().index;
  return {std::move(key.key), only_key};
}

void append_row(const PreparedStatement& statement, wire::ItemView item, std::string& json) {
  if (!statement.projection()) {
    wire::append_item_json(item, json);
    return;
  }
  const std::string row = statement.projection()->project(item);
  wire::append_item_json(wire::ItemView(row), json);
}

}  // namespace brume::dynamodb::partiql
