#include "dynamodb/transaction/transact_request.h"

#include <vector>

#include "dynamodb/request/errors.h"
#include "dynamodb/request/echo.h"
#include "dynamodb/transaction/client_tokens.h"
#include "wire/item_json.h"

namespace brume::dynamodb {
namespace dom = simdjson::dom;
namespace {

constexpr std::size_t kMaxTokenLength = 36;
constexpr std::string_view kList = "transactItems";

constexpr FieldSet kExpressions =
    field_set({Field::table_name, Field::condition_expression, Field::expression_attribute_names,
               Field::expression_attribute_values, Field::return_values_on_condition_check_failure});

/// What an action may be.
struct ActionRow {
  std::string_view member;
  std::string_view path;
  FieldSet fields;
  Field subject;   ///< Item or Key
  Field required;  ///< one more that must be there; subject again if there is none
  WriteKind kind;
  bool check_only;
};
constexpr std::array<ActionRow, 4> kActions{{
    {"ConditionCheck", "conditionCheck", kExpressions | field_set({Field::key}), Field::key,
     Field::condition_expression, WriteKind::erase, true},
    {"Put", "put", kExpressions | field_set({Field::item}), Field::item, Field::item, WriteKind::put, false},
    {"Delete", "delete", kExpressions | field_set({Field::key}), Field::key, Field::key, WriteKind::erase, false},
    {"Update", "update", kExpressions | field_set({Field::key, Field::update_expression}), Field::key,
     Field::update_expression, WriteKind::update, false},
}};

struct ParsedAction {
  const ActionRow* row;
  Request json;
};

/// The structures in TransactItems, which must be there in the right number.
std::vector<dom::object> items_of(const Request& json, std::string_view shape, Constraints& constraints) {
  std::vector<dom::object> items;
  if (!json.has(Field::transact_items)) {
    constraints.fail_null(kList);
    return items;
  }
  const dom::array list = want_list(json.element(Field::transact_items));
  for (dom::element item : list) items.push_back(want_listed_structure(item, shape));
  if (items.empty()) constraints.fail("[]", kList, "Member must have length greater than or equal to 1");
  if (items.size() > kMaxTransactItems)
    constraints.fail(java_list_text(shape, list), kList, "Member must have length less than or equal to 100");
  return items;
}

void check_token(const Request& json, Constraints& constraints) {
  if (!json.has(Field::client_request_token)) return;
  const std::string_view token = json.text(Field::client_request_token);
  if (token.empty())
    constraints.fail(token, "clientRequestToken", "Member must have length greater than or equal to 1");
  if (token.size() > kMaxTokenLength)
    constraints.fail(token, "clientRequestToken", "Member must have length less than or equal to 36");
}

/// The members of one item of TransactItems that are actions.
void parse_actions(dom::object item, std::size_t number, std::vector<ParsedAction>& actions) {
  for (const ActionRow& row : kActions) {
    dom::element structure;
    if (item.at_key(row.member).get(structure) || structure.is_null()) continue;
    actions.push_back({&row, Request(want_structure(structure, row.member), row.fields, {kList, number, row.path})});
  }
}

void check_constraints(const ParsedAction& action, WriteRequest& write, Constraints& constraints) {
  write.table_name = action.json.table_name(constraints);
  action.json.require(action.row->subject, constraints);
  if (action.row->required != action.row->subject) action.json.require(action.row->required, constraints);
  write.item_on_failure = action.json.item_on_failure(constraints);
}

void read_action(const ParsedAction& action, WriteRequest& write) {
  switch (action.row->kind) {
    case WriteKind::put: return read_put(action.json, write);
    case WriteKind::update: return read_update(action.json, write);
    case WriteKind::erase: return read_delete(action.json, write);
  }
}

/// Runs `read`; should it refuse something, a wrong JSON type in any of `all` goes first.
template <class Parsed, class Read>
void types_first(const std::vector<Parsed>& all, Read read) {
  try {
    read();
  } catch (const AwsError& error) {
    if (&error.kind() != &kSerializationException)
      for (const Parsed& parsed : all) parsed.json.check_value_types();
    throw;
  }
}

void check_one_action(std::size_t actions) {
  if (actions == 0)
    throw_validation("Invalid Request: TransactWriteRequest should contain Delete or Put or Update request");
  if (actions > 1) throw_validation("TransactItems can only contain one of Check, Put, Update or Delete");
}

struct ParsedGet {
  Request json;
};

}  // namespace

void read_transact_write_items(std::string_view body, TransactWriteRequest& request) {
  Request json(body, field_set({Field::transact_items, Field::client_request_token, Field::return_consumed_capacity,
                                Field::return_item_collection_metrics}));
  Constraints constraints;
  const std::vector<dom::object> items = items_of(json, "TransactWriteItem", constraints);
  check_token(json, constraints);
  request.return_capacity = json.return_capacity(constraints);
  request.collection_metrics = json.collection_metrics(constraints);

  std::vector<ParsedAction> parsed;
  parsed.reserve(items.size());
  std::vector<std::size_t> first;  // of each item's actions
  first.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    first.push_back(parsed.size());
    parse_actions(items[i], i + 1, parsed);
  }
  for (const ParsedAction& action : parsed) {
    request.actions.emplace_back();
    request.actions.back().kind = action.row->kind;
    request.actions.back().check_only = action.row->check_only;
    check_constraints(action, request.actions.back().write, constraints);
  }
  types_first(parsed, [&] {
    constraints.throw_if_any();
    for (std::size_t i = 0; i < items.size(); ++i) {
      const std::size_t end = i + 1 < items.size() ? first[i + 1] : parsed.size();
      check_one_action(end - first[i]);
      read_action(parsed[first[i]], request.actions[first[i]].write);
    }
  });
  if (json.has(Field::client_request_token))
    request.token = {std::string(json.text(Field::client_request_token)),
                     fingerprint_of(json.element(Field::transact_items))};
}

void read_transact_get_items(std::string_view body, TransactGetRequest& request) {
  Request json(body, field_set({Field::transact_items, Field::return_consumed_capacity}));
  Constraints constraints;
  const std::vector<dom::object> items = items_of(json, "TransactGetItem", constraints);
  request.return_capacity = json.return_capacity(constraints);
  static constexpr FieldSet kFields =
      field_set({Field::table_name, Field::key, Field::projection_expression, Field::expression_attribute_names});
  std::vector<ParsedGet> parsed;
  parsed.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    dom::element structure;
    if (items[i].at_key("Get").get(structure) || structure.is_null()) {
      constraints.fail_null(MemberPath{kList, i + 1, {}}.of("get"));
      continue;
    }
    parsed.push_back({Request(want_structure(structure, "Get"), kFields, {kList, i + 1, "get"})});
    request.gets.emplace_back().table_name = parsed.back().json.table_name(constraints);
    parsed.back().json.require(Field::key, constraints);
  }
  types_first(parsed, [&] {
    constraints.throw_if_any();
    for (std::size_t i = 0; i < parsed.size(); ++i) {
      check_projection_parameters(parsed[i].json);
      wire::append_item_from_json(parsed[i].json.element(Field::key), request.gets[i].key);
      read_projection(parsed[i].json, request.gets[i].projection);
    }
  });
}

}  // namespace brume::dynamodb
