#include "dynamodb/access.h"

#include <optional>

#include "base/error.h"
#include "base/json_members.h"
#include "dynamodb/partiql/parser.h"
#include "dynamodb/request/request.h"
#include "service/access.h"

namespace brume::dynamodb {
namespace dom = simdjson::dom;
using service::action_of;
using service::add_access;
using service::no_resource;
using service::one_access;
namespace {

std::string table_arn(const Call& call, std::string_view name_or_arn) {
  return service::arn_of(call, "dynamodb", "table/", name_or_arn);
}

std::string target_arn(const Call& call, std::string_view table, std::string_view index) {
  std::string arn = table_arn(call, table);
  if (!index.empty()) arn.append("/index/").append(index);
  return arn;
}

/// Runs `read` on the members of a raw operation, read as its handler reads them, so that both see the same of what is
/// there twice. What the handler will refuse leaves out what could not be read.
template <class Read>
void with_body(const Call& call, FieldSet fields, const Read& read) {
  try {
    read(Request(call.body, fields));
  } catch (const AwsError&) {}
}

/// nullopt for an absent member or one that is no structure.
std::optional<dom::object> structure(dom::object object, std::string_view name) {
  dom::object found;
  if (object.at_key(name).get(found)) return std::nullopt;
  return found;
}

template <class Read>
void each_structure(const Request& request, Field list, const Read& read) {
  dom::array items;
  if (!request.has(list) || request.element(list).get(items)) return;
  for (dom::element item : items)
    if (dom::object members; !item.get(members)) read(members);
}

std::string_view table_name(dom::object members) {
  return Request(members, field_set({Field::table_name}), {}).text(Field::table_name);
}

/// The handler refuses what asks for nothing.
std::vector<Access> or_nothing(const Entry& entry, const Call& call, std::vector<Access> list) {
  return list.empty() ? no_resource(entry, call) : std::move(list);
}

std::string_view action_of(partiql::StatementKind kind) {
  switch (kind) {
    case partiql::StatementKind::insert: return "dynamodb:PartiQLInsert";
    case partiql::StatementKind::update: return "dynamodb:PartiQLUpdate";
    case partiql::StatementKind::erase: return "dynamodb:PartiQLDelete";
    case partiql::StatementKind::select:
    case partiql::StatementKind::exists: break;
  }
  return "dynamodb:PartiQLSelect";
}

void add_statement(std::vector<Access>& list, const Call& call, std::string_view text) {
  partiql::Statement statement;
  try {
    partiql::parse_statement(text, statement);
  } catch (const AwsError&) {
    return;
  }
  add_access(list, {std::string(action_of(statement.kind)),
                    target_arn(call, statement.table, statement.index.value_or(std::string_view()))});
}

}  // namespace

std::vector<Access> named_table(const Entry& entry, const Call& call) {
  return one_access(entry, table_arn(call, text_view(call.input, "TableName")));
}

std::vector<Access> table_with_tags(const Entry& entry, const Call& call) {
  std::vector<Access> list = named_table(entry, call);
  const auto* tags = member(call.input, "Tags");
  if (tags && tags->is_array() && !tags->get_array().empty())
    list.push_back({"dynamodb:TagResource", list.front().resource});
  return list;
}

std::vector<Access> table_or_index(const Entry& entry, const Call& call) {
  return one_access(entry, target_arn(call, text_view(call.input, "TableName"), text_view(call.input, "IndexName")));
}

std::vector<Access> given_resource(const Entry& entry, const Call& call) {
  return one_access(entry, table_arn(call, text_view(call.input, "ResourceArn")));
}

std::vector<Access> given_table_if_any(const Entry& entry, const Call& call) {
  const std::string_view table = text_view(call.input, "TableArn");
  return one_access(entry, table.empty() ? "*" : table_arn(call, table));
}

std::vector<Access> item_table(const Entry& entry, const Call& call) {
  std::string arn = table_arn(call, "");
  with_body(call, field_set({Field::table_name}),
            [&](const Request& request) { arn = table_arn(call, request.text(Field::table_name)); });
  return one_access(entry, std::move(arn));
}

std::vector<Access> read_table(const Entry& entry, const Call& call) {
  std::string arn = table_arn(call, "");
  with_body(call, field_set({Field::table_name, Field::index_name}), [&](const Request& request) {
    arn = target_arn(call, request.text(Field::table_name), request.text(Field::index_name));
  });
  return one_access(entry, std::move(arn));
}

std::vector<Access> batched_tables(const Entry& entry, const Call& call) {
  std::vector<Access> list;
  with_body(call, field_set({Field::request_items}), [&](const Request& request) {
    dom::object tables;
    if (!request.has(Field::request_items) || request.element(Field::request_items).get(tables)) return;
    for (auto [name, value] : tables) add_access(list, {action_of(entry), table_arn(call, name)});
  });
  return or_nothing(entry, call, std::move(list));
}

std::vector<Access> transacted_items(const Entry& entry, const Call& call) {
  static constexpr std::pair<std::string_view, std::string_view> kActions[] = {
      {"Get", "dynamodb:GetItem"},
      {"Put", "dynamodb:PutItem"},
      {"Update", "dynamodb:UpdateItem"},
      {"Delete", "dynamodb:DeleteItem"},
      {"ConditionCheck", "dynamodb:ConditionCheckItem"}};
  std::vector<Access> list;
  with_body(call, field_set({Field::transact_items}), [&](const Request& request) {
    each_structure(request, Field::transact_items, [&](dom::object item) {
      for (const auto& [name, action] : kActions)
        if (const auto members = structure(item, name))
          add_access(list, {std::string(action), table_arn(call, table_name(*members))});
    });
  });
  return or_nothing(entry, call, std::move(list));
}

std::vector<Access> statements(const Entry& entry, const Call& call) {
  constexpr FieldSet kStatement = field_set({Field::statement});
  std::vector<Access> list;
  with_body(call, field_set({Field::statement, Field::statements, Field::transact_statements}),
            [&](const Request& request) {
              if (request.has(Field::statement)) add_statement(list, call, request.text(Field::statement));
              for (const Field field : {Field::statements, Field::transact_statements})
                each_structure(request, field, [&](dom::object members) {
                  add_statement(list, call, Request(members, kStatement, {}).text(Field::statement));
                });
            });
  return or_nothing(entry, call, std::move(list));
}

}  // namespace brume::dynamodb
