// Statements from anybody: whatever comes, a statement is prepared or refused with an AwsError, its lookups are found
// or refused, and what it makes of an item is well formed. The first byte says how many parameters there are.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "dynamodb/expression/condition.h"
#include "dynamodb/partiql/lexer.h"
#include "dynamodb/partiql/lookups.h"
#include "dynamodb/partiql/prepared_statement.h"

namespace {

using namespace brume;
using namespace brume::dynamodb;
using namespace brume::dynamodb::partiql;

Table make_table() {
  Table table;
  table.partition_key = {"a", wire::ValueType::string};
  table.sort_key = AttributeDefinition{"b", wire::ValueType::number};
  table.key_prefix = items_prefix(TableId{1});
  return table;
}

std::string make_item() {
  std::string item;
  wire::append_name(item, "a");
  wire::append_string(item, "x");
  wire::append_name(item, "b");
  wire::append_number(item, wire::Number(1));
  wire::append_name(item, "c");
  wire::ContainerBuilder list(item, wire::ValueType::list);
  wire::append_string(item, "y");
  list.finish();
  return item;
}

void use(const PreparedStatement& statement) {
  static const Table table = make_table();
  static const std::string item = make_item();
  const wire::ItemView view(item);
  if (!statement.item().empty() && !wire::is_well_formed_item(statement.item())) std::abort();
  ConditionExpression(statement.where()).matches(view);
  const ReadTarget target(table, nullptr);
  Lookups lookups = find_lookups(statement.where(), target);
  apply_order(statement.statement(), target, lookups);
  if (statement.projection() && !wire::is_well_formed_item(statement.projection()->project(view))) std::abort();
  if (statement.kind() == StatementKind::update &&
      !wire::is_well_formed_item(UpdateExpression(statement.changes()).apply(view)))
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > kMaxStatementBytes) return 0;
  StatementInput input;
  input.text.assign(reinterpret_cast<const char*>(data) + 1, size - 1);
  for (int i = 0; i < data[0] % 8; ++i) {
    std::string& value = input.parameters.emplace_back();
    if (i % 2) wire::append_number(value, wire::Number(i));
    else wire::append_string(value, "x");
  }
  try {
    use(PreparedStatement(std::move(input)));
  } catch (const AwsError&) {}
  return 0;
}
