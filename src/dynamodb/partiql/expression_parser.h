// Terms, operators and paths within a statement. Private to dynamodb/partiql/.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "dynamodb/partiql/lexer.h"
#include "dynamodb/partiql/statement.h"

namespace brume::dynamodb::partiql {

class ExpressionParser {
 public:
  ExpressionParser(std::string_view text, Statement& statement)
      : text_(text), tokens_(tokenize(text)), out_(statement) {}

  NodeIndex expression();
  /// An operand: no comparison, no logic.
  NodeIndex operand();
  /// A document path, where nothing else may stand.
  NodeIndex simple_path();
  /// Appends the decoded components of a table's path.
  std::vector<std::string_view> table_path(bool is_simple);

  const Token& peek(std::size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  bool accept(std::string_view what) {
    if (!peek().is(what)) return false;
    ++at_;
    return true;
  }
  /// Is it this word, which is a keyword only here?
  bool accept_word(std::string_view upper);
  void expect(std::string_view what, std::string_view detail) {
    if (!accept(what)) throw_malformed(detail);
  }
  bool at_end() const { return peek().kind == TokenKind::end; }

 private:
  class Deeper;

  NodeIndex conjunction();
  NodeIndex negation();
  NodeIndex comparison();
  NodeIndex is_predicate(NodeIndex left);
  NodeIndex in_predicate(NodeIndex left, bool negated);
  NodeIndex between_predicate(NodeIndex left, bool negated);
  NodeIndex signed_term();
  NodeIndex term();
  NodeIndex keyword_term();
  NodeIndex call();
  NodeIndex parenthesized();
  NodeIndex sequence(Node::Kind kind, std::string_view close, std::string_view detail);
  NodeIndex map();
  NodeIndex path();
  void add_step(std::string_view name);
  void path_index();

  void check_right_side() const;
  std::string_view name_of(const Token& token);
  std::string_view keep(std::string text) { return out_.decoded.emplace_back(std::move(text)); }
  NodeIndex add(Node node, std::span<const NodeIndex> children = {});
  NodeIndex leaf(Node::Kind kind, const Token& token, std::string_view text = {});
  NodeIndex binary(Node::Kind kind, const Token& token, NodeIndex left, NodeIndex right);

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
  Statement& out_;
};

}  // namespace brume::dynamodb::partiql
