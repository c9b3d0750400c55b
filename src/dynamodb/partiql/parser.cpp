#include "dynamodb/partiql/parser.h"

#include <algorithm>

#include "dynamodb/request/errors.h"
#include "dynamodb/partiql/expression_parser.h"

namespace brume::dynamodb::partiql {
namespace {

using Kind = Node::Kind;

class Parser {
 public:
  Parser(std::string_view text, Statement& statement) : out_(statement), in_(text, statement) {}

  void run() {
    if (in_.accept("SELECT")) {
      out_.kind = StatementKind::select;
      select();
    } else if (in_.peek().is("EXISTS") && in_.peek(1).is("(")) {
      exists();
    } else if (in_.accept("INSERT")) {
      insert();
    } else if (in_.accept("UPDATE")) {
      update();
    } else if (in_.accept("DELETE")) {
      erase();
    } else if (in_.accept("FROM")) {
      update_from();
    } else {
      in_.at_end() ? throw_malformed("Unexpected term") : throw_malformed("Expected data manipulation");
    }
    in_.accept(";");
    if (!in_.at_end()) throw_malformed("Unexpected token after expression");
    check();
  }

 private:
  void select() {
    if (in_.accept("*")) {
      if (in_.peek().is(","))
        throw_malformed(
            "Other expressions may not be present in the select list when '*' is used without dot notation.");
    } else {
      if (in_.peek().is("FROM")) throw_malformed("Found empty SELECT list");
      do {
        out_.columns.push_back(in_.expression());
        check_no_alias();
      } while (in_.accept(","));
    }
    in_.expect("FROM", "Missing FROM after SELECT list");
    table(false);
    check_no_alias();
    where();
    refuse_clause("GROUP", "BY", "GROUP BY");
    refuse_clause("HAVING", {}, "HAVING");
    if (in_.accept("ORDER")) {
      in_.expect("BY", "Expected BY after ORDER");
      do order_term();
      while (in_.accept(","));
    }
    refuse_clause("LIMIT", {}, "LIMIT");
  }

  void order_term() {
    OrderTerm term{.path = in_.expression()};
    term.descending = in_.accept("DESC");
    if (!term.descending) in_.accept("ASC");
    out_.order.push_back(term);
  }

  void exists() {
    in_.accept("EXISTS");
    in_.accept("(");
    in_.expect("SELECT", "Expected data manipulation");
    select();
    in_.expect(")", "Expected RIGHT_PAREN");
    out_.kind = StatementKind::exists;
  }

  void insert() {
    out_.kind = StatementKind::insert;
    in_.expect("INTO", "Expected keyword");
    const auto components = in_.table_path(true);
    const bool has_value = in_.accept("VALUE");
    out_.item = in_.expression();
    if (!has_value) {
      if (!in_.at_end() && !in_.peek().is(";")) throw_malformed("Unexpected token after expression");
      throw_validation("Unsupported operation: INSERT without VALUE" + out_.position(out_.nodes[*out_.item]));
    }
    if (components.size() > 1) throw_validation("FROM clause may only contain a single table name");
    take_table(components);
    returning();
  }

  void update() {
    out_.kind = StatementKind::update;
    table(true);
    check_no_alias();
    changes();
    where();
    returning();
  }

  /// FROM table WHERE … SET …: another way to write an update.
  void update_from() {
    out_.kind = StatementKind::update;
    table(false);
    check_no_alias();
    where();
    changes();
    returning();
  }

  void erase() {
    out_.kind = StatementKind::erase;
    in_.expect("FROM", "Expected keyword");
    table(true);
    check_no_alias();
    where();
    returning();
  }

  void changes() {
    std::uint32_t section = 0;
    for (;; ++section) {
      if (in_.accept("SET")) {
        do {
          check_path_starts();
          const NodeIndex path = in_.simple_path();
          in_.expect("=", "Expected EQ");
          const NodeIndex value = in_.expression();
          out_.changes.push_back({.path = path, .value = value, .section = section});
        } while (in_.accept(","));
      } else if (in_.accept("REMOVE")) {
        check_path_starts();
        out_.changes.push_back({.remove = true, .path = in_.simple_path(), .section = section});
      } else {
        break;
      }
    }
    if (section == 0) throw_malformed("Expected data manipulation");
  }

  void check_path_starts() const {
    if (in_.peek().kind == TokenKind::keyword) throw_malformed("Unexpected keyword");
  }

  void where() {
    if (in_.accept("WHERE")) out_.where = in_.expression();
  }

  void returning() {
    if (!in_.accept("RETURNING")) return;
    const bool all = in_.accept("ALL");
    if (!all && !in_.accept_word("MODIFIED")) throw_malformed("Expected ALL or MODIFIED in a returning clause.");
    const bool is_new = in_.accept_word("NEW");
    if (!is_new && !in_.accept_word("OLD")) throw_malformed("Expected OLD or NEW in a returning clause.");
    in_.expect("*", "Expected ASTERISK");
    out_.returning = is_new ? (all ? Returning::all_new : Returning::modified_new)
                            : (all ? Returning::all_old : Returning::modified_old);
  }

  void table(bool is_simple) { take_table(in_.table_path(is_simple)); }

  void take_table(const std::vector<std::string_view>& components) {
    if (components.size() > 2) throw_validation("A path may contain at most 2 components in the FROM clause");
    for (const std::string_view component : components)
      if (component.empty()) throw_validation("Path component cannot be an empty string");
    out_.table = components[0];
    if (components.size() == 2) out_.index = components[1];
  }

  void check_no_alias() const {
    const TokenKind kind = in_.peek().kind;
    if (in_.peek().is("AS") || kind == TokenKind::identifier || kind == TokenKind::quoted)
      throw_validation("Aliasing is not supported");
  }

  void refuse_clause(std::string_view first, std::string_view second, std::string_view name) {
    if (!in_.accept(first)) return;
    if (!second.empty()) in_.expect(second, "Expected keyword");
    const NodeIndex node = in_.expression();
    throw_validation("Unsupported clause: " + std::string(name) + out_.position(out_.nodes[node]));
  }

  /// What the grammar allows and DynamoDB doesn't, as far as the statement alone tells.
  void check() const {
    for (const OrderTerm& term : out_.order)
      if (const Node& node = out_.nodes[term.path]; node.kind != Kind::path)
        throw_validation("Unexpected path component" + out_.position(node));
    if (out_.index && (out_.kind == StatementKind::update || out_.kind == StatementKind::erase))
      throw_validation("This operation is not supported on an index");
    if (out_.kind != StatementKind::erase) return;
    std::string_view clause;
    switch (out_.returning) {
      case Returning::modified_old: clause = "MODIFIED OLD"; break;
      case Returning::all_new: clause = "ALL NEW"; break;
      case Returning::modified_new: clause = "MODIFIED NEW"; break;
      default: return;
    }
    throw_validation("Invalid returning clause: RETURNING " + std::string(clause) +
                     " *. Only RETURNING ALL OLD * is allowed in DELETE statements.");
  }

  Statement& out_;
  ExpressionParser in_;
};

/// Characters in UTF-8 `text`.
std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return count;
}

}  // namespace

std::string Statement::position(const Node& node) const {
  const std::string_view before = text.substr(0, node.begin);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  const std::size_t line = 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  return " at " + std::to_string(line) + ":" + std::to_string(1 + characters(before.substr(line_start))) + ":" +
         std::to_string(characters(text.substr(node.begin, node.end - node.begin)));
}

void parse_statement(std::string_view text, Statement& statement) {
  statement.text = text;
  Parser(text, statement).run();
}

}  // namespace brume::dynamodb::partiql
