#include "dynamodb/partiql/expression_parser.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "dynamodb/request/errors.h"

namespace brume::dynamodb::partiql {
namespace {

using Kind = Node::Kind;

/// Deeper than any value may be nested (32), and far from where the stack would end.
constexpr int kMaxDepth = 200;
constexpr std::uint32_t kMaxIndex = 2147483647;

struct Comparison {
  std::string_view word;
  ConditionOp op;
};
constexpr std::array<Comparison, 7> kComparisons = {{{"=", ConditionOp::equal},
                                                     {"<>", ConditionOp::not_equal},
                                                     {"!=", ConditionOp::not_equal},
                                                     {"<", ConditionOp::less},
                                                     {"<=", ConditionOp::less_equal},
                                                     {">", ConditionOp::greater},
                                                     {">=", ConditionOp::greater_equal}}};

/// Reserved words that are the names of functions.
constexpr std::array<std::string_view, 18> kFunctionWords = {"SIZE",
                                                             "EXISTS",
                                                             "COUNT",
                                                             "SUM",
                                                             "AVG",
                                                             "MIN",
                                                             "MAX",
                                                             "UPPER",
                                                             "LOWER",
                                                             "TRIM",
                                                             "SUBSTRING",
                                                             "EXTRACT",
                                                             "COALESCE",
                                                             "NULLIF",
                                                             "CAST",
                                                             "CHAR_LENGTH",
                                                             "CHARACTER_LENGTH",
                                                             "POSITION"};
constexpr std::array<std::string_view, 10> kOperatorWords = {"AND",  "OR",      "NOT",   "IS",     "IN",
                                                             "LIKE", "BETWEEN", "UNION", "EXCEPT", "INTERSECT"};
constexpr std::array<std::string_view, 24> kTypeWords = {
    "INT",     "INTEGER", "SMALLINT", "BOOL",      "BOOLEAN", "FLOAT",     "REAL",    "DOUBLE",
    "DECIMAL", "DEC",     "NUMERIC",  "TIMESTAMP", "CHAR",    "CHARACTER", "VARCHAR", "STRING",
    "SYMBOL",  "CLOB",    "BLOB",     "STRUCT",    "TUPLE",   "LIST",      "SEXP",    "BAG"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool equals_upper(std::string_view word, std::string_view upper) {
  return word.size() == upper.size() && std::equal(word.begin(), word.end(), upper.begin(), [](char a, char b) {
           return (a >= 'a' && a <= 'z' ? a - 32 : a) == b;
         });
}

}  // namespace

/// Counts the nesting; refuses what would go too deep.
class ExpressionParser::Deeper {
 public:
  explicit Deeper(int& depth) : depth_(depth) {
    if (++depth_ > kMaxDepth) throw_malformed("Nesting too deep");
  }
  ~Deeper() { --depth_; }

 private:
  int& depth_;
};

bool ExpressionParser::accept_word(std::string_view upper) {
  if (accept(upper)) return true;
  if (peek().kind != TokenKind::identifier || !equals_upper(peek().word, upper)) return false;
  ++at_;
  return true;
}

NodeIndex ExpressionParser::add(Node node, std::span<const NodeIndex> children) {
  if (!children.empty()) {
    node.first = static_cast<std::uint32_t>(out_.children.size());
    node.count = static_cast<std::uint32_t>(children.size());
    out_.children.insert(out_.children.end(), children.begin(), children.end());
  }
  out_.nodes.push_back(node);
  return static_cast<NodeIndex>(out_.nodes.size() - 1);
}

NodeIndex ExpressionParser::leaf(Kind kind, const Token& token, std::string_view text) {
  return add({.kind = kind, .text = text, .begin = token.begin, .end = token.end});
}

NodeIndex ExpressionParser::binary(Kind kind, const Token& token, NodeIndex left, NodeIndex right) {
  const std::array both{left, right};
  return add({.kind = kind, .text = token.word, .begin = token.begin, .end = token.end}, both);
}

void ExpressionParser::check_right_side() const {
  if (at_end()) throw_malformed("Missing right-hand side expression of infix operator");
}

NodeIndex ExpressionParser::expression() {
  const Deeper deeper(depth_);
  NodeIndex left = conjunction();
  while (peek().is("OR")) {
    const Token token = peek();
    ++at_;
    check_right_side();
    const NodeIndex right = conjunction();
    left = binary(Kind::or_, token, left, right);
  }
  return left;
}

NodeIndex ExpressionParser::conjunction() {
  NodeIndex left = negation();
  while (peek().is("AND")) {
    const Token token = peek();
    ++at_;
    check_right_side();
    const NodeIndex right = negation();
    left = binary(Kind::and_, token, left, right);
  }
  return left;
}

NodeIndex ExpressionParser::negation() {
  if (!peek().is("NOT")) return comparison();
  const Deeper deeper(depth_);
  const Token token = peek();
  ++at_;
  const std::array inner{negation()};
  return add({.kind = Kind::not_, .begin = token.begin, .end = token.end}, inner);
}

NodeIndex ExpressionParser::comparison() {
  NodeIndex left = operand();
  for (;;) {
    const Token token = peek();
    const auto found =
        std::find_if(kComparisons.begin(), kComparisons.end(), [&](const Comparison& c) { return token.is(c.word); });
    const bool negated = token.is("NOT") && (peek(1).is("IN") || peek(1).is("BETWEEN") || peek(1).is("LIKE"));
    if (found != kComparisons.end()) {
      ++at_;
      check_right_side();
      const NodeIndex right = operand();
      left = binary(Kind::compare, token, left, right);
      out_.nodes[left].op = found->op;
      continue;
    }
    if (negated) ++at_;
    if (accept("IS")) {
      left = is_predicate(left);
    } else if (accept("IN")) {
      left = in_predicate(left, negated);
    } else if (accept("BETWEEN")) {
      left = between_predicate(left, negated);
    } else if (accept("LIKE")) {
      check_right_side();
      const NodeIndex right = operand();
      left = binary(Kind::like, token, left, right);
      out_.nodes[left].negated = negated;
    } else {
      return left;
    }
  }
}

NodeIndex ExpressionParser::is_predicate(NodeIndex left) {
  const bool negated = accept("NOT");
  const Token token = peek();
  Kind kind = Kind::is_type;
  if (token.is("NULL")) {
    kind = Kind::is_null;
  } else if (token.is("MISSING")) {
    kind = Kind::is_missing;
  } else if (!(token.kind == TokenKind::keyword && contains(kTypeWords, token.word)) &&
             !(token.kind == TokenKind::identifier &&
               (equals_upper(token.word, "INT4") || equals_upper(token.word, "INT8") ||
                equals_upper(token.word, "INT2") || equals_upper(token.word, "ANY")))) {
    throw_malformed("Expected type name");
  }
  ++at_;
  if (token.is("DOUBLE")) accept("PRECISION");
  if (token.is("CHARACTER")) accept("VARYING");
  const std::array inner{left};
  return add({.kind = kind, .negated = negated, .text = token.word, .begin = token.begin, .end = token.end}, inner);
}

NodeIndex ExpressionParser::in_predicate(NodeIndex left, bool negated) {
  const Token token = peek();
  check_right_side();
  const NodeIndex right = operand();
  NodeIndex list = right;
  // (a) is no list by itself: parentheses round one operand go away.
  if (token.is("(") && out_.nodes[right].kind != Kind::list) {
    const std::array one{right};
    list = add({.kind = Kind::list, .begin = token.begin, .end = token.end}, one);
  }
  const NodeIndex node = binary(Kind::in, token, left, list);
  out_.nodes[node].negated = negated;
  return node;
}

NodeIndex ExpressionParser::between_predicate(NodeIndex left, bool negated) {
  const Token token = peek();
  check_right_side();
  const NodeIndex low = operand();
  expect("AND", "Expected AND after BETWEEN");
  check_right_side();
  const NodeIndex high = operand();
  const std::array all{left, low, high};
  return add({.kind = Kind::between, .negated = negated, .text = "BETWEEN", .begin = token.begin, .end = token.end},
             all);
}

NodeIndex ExpressionParser::operand() {
  const Deeper deeper(depth_);
  NodeIndex left = signed_term();
  while (peek().is("+") || peek().is("-")) {
    const Token token = peek();
    ++at_;
    check_right_side();
    const NodeIndex right = signed_term();
    left = binary(token.is("+") ? Kind::add : Kind::subtract, token, left, right);
  }
  return left;
}

/// A sign stands before numbers only; several of them multiply.
NodeIndex ExpressionParser::signed_term() {
  if (!peek().is("-") && !peek().is("+")) return term();
  bool negative = false;
  const Token first = peek();
  while (peek().is("-") || peek().is("+")) {
    negative ^= peek().is("-");
    ++at_;
  }
  if (peek().kind != TokenKind::number) {
    const NodeIndex inner = term();
    throw_validation("Unsupported operation: " + std::string(negative ? "Negate" : "Pos") +
                     out_.position(out_.nodes[inner]));
  }
  const Token number = peek();
  ++at_;
  const NodeIndex node = leaf(Kind::number, number, negative ? keep("-" + std::string(number.word)) : number.word);
  out_.nodes[node].begin = first.begin;
  return node;
}

NodeIndex ExpressionParser::term() {
  const Token token = peek();
  switch (token.kind) {
    case TokenKind::number: ++at_; return leaf(Kind::number, token, token.word);
    case TokenKind::string:
      ++at_;
      return leaf(Kind::string, token, keep(unquoted(text_.substr(token.begin, token.end - token.begin))));
    case TokenKind::identifier:
      if (peek(1).is("(")) return call();
      return path();
    case TokenKind::quoted: return path();
    case TokenKind::keyword: return keyword_term();
    case TokenKind::operation: throw_malformed(token.is("*") ? "Unexpected term" : "Unexpected operator");
    case TokenKind::end: throw_malformed("Unexpected term");
    case TokenKind::punctuation: break;
  }
  if (token.is("?")) {
    ++at_;
    const NodeIndex node = leaf(Kind::parameter, token);
    out_.nodes[node].first = out_.parameters++;
    return node;
  }
  if (token.is("(")) return parenthesized();
  if (accept("[")) return sequence(Kind::list, "]", "Expected RIGHT_BRACKET");
  if (accept("<<")) return sequence(Kind::bag, ">>", "Expected RIGHT_DOUBLE_ANGLE_BRACKET");
  if (token.is("{")) return map();
  throw_malformed("Unexpected term");
}

NodeIndex ExpressionParser::keyword_term() {
  const Token token = peek();
  if (peek(1).is("(") && contains(kFunctionWords, token.word)) return call();
  if (contains(kOperatorWords, token.word)) throw_malformed("Unexpected operator");
  Kind kind = Kind::null;
  if (token.is("TRUE") || token.is("FALSE")) {
    kind = Kind::boolean;
  } else if (token.is("MISSING")) {
    kind = Kind::missing;
  } else if (!token.is("NULL")) {
    throw_malformed("Unexpected keyword");
  }
  ++at_;
  return leaf(kind, token, token.is("TRUE") ? "true" : token.is("FALSE") ? "false" : "");
}

NodeIndex ExpressionParser::call() {
  const Token token = peek();
  at_ += 2;
  std::string name(token.word);
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  NodeIndex node;
  if (peek().is("*") && peek(1).is(")")) {  // COUNT(*)
    at_ += 2;
    node = leaf(Kind::call, token);
  } else {
    node = sequence(Kind::call, ")", "Expected RIGHT_PAREN");
  }
  out_.nodes[node].text = keep(std::move(name));
  out_.nodes[node].begin = token.begin;
  out_.nodes[node].end = token.end;
  return node;
}

NodeIndex ExpressionParser::parenthesized() {
  const Token token = peek();
  ++at_;
  std::vector<NodeIndex> parts{expression()};
  while (accept(",")) parts.push_back(expression());
  expect(")", "Expected RIGHT_PAREN");
  if (parts.size() == 1) return parts[0];
  return add({.kind = Kind::list, .begin = token.begin, .end = token.end}, parts);
}

/// After the opening token, up to and with the closing one.
NodeIndex ExpressionParser::sequence(Kind kind, std::string_view close, std::string_view detail) {
  const Token token = tokens_[at_ - 1];
  std::vector<NodeIndex> parts;
  if (!accept(close)) {
    do parts.push_back(expression());
    while (accept(","));
    expect(close, detail);
  }
  return add({.kind = kind, .begin = token.begin, .end = token.end}, parts);
}

NodeIndex ExpressionParser::map() {
  const Token token = peek();
  ++at_;
  std::vector<NodeIndex> parts;
  if (!accept("}")) {
    do {
      parts.push_back(operand());
      expect(":", "Expected COLON");
      parts.push_back(expression());
    } while (accept(","));
    expect("}", "Expected RIGHT_CURLY");
  }
  return add({.kind = Kind::map, .begin = token.begin, .end = token.end}, parts);
}

std::string_view ExpressionParser::name_of(const Token& token) {
  if (token.kind == TokenKind::identifier) return token.word;
  return keep(unquoted(text_.substr(token.begin, token.end - token.begin)));
}

NodeIndex ExpressionParser::path() {
  const Token token = peek();
  ++at_;
  const auto first = static_cast<std::uint32_t>(out_.steps.size());
  add_step(name_of(token));
  for (;;) {
    if (accept(".")) {
      const Token name = peek();
      if (name.kind != TokenKind::identifier && name.kind != TokenKind::quoted)
        throw_malformed("Invalid path dot component");
      ++at_;
      add_step(name_of(name));
    } else if (accept("[")) {
      path_index();
    } else {
      break;
    }
  }
  const auto count = static_cast<std::uint32_t>(out_.steps.size()) - first;
  return add({.kind = Kind::path, .first = first, .count = count, .begin = token.begin, .end = token.end});
}

void ExpressionParser::add_step(std::string_view name) {
  if (name.empty()) throw_validation("Path component cannot be an empty string");
  out_.steps.push_back({.name = name});
}

void ExpressionParser::path_index() {
  bool negative = false;
  while (peek().is("-") || peek().is("+")) {
    negative ^= peek().is("-");
    ++at_;
  }
  const Token token = peek();
  ++at_;
  if (token.kind == TokenKind::string) {
    add_step(keep(unquoted(text_.substr(token.begin, token.end - token.begin))));
  } else if (token.kind == TokenKind::number) {
    PathStep step{.name = {}, .index = 0};
    const auto [end, error] = std::from_chars(token.word.data(), token.word.data() + token.word.size(), step.index);
    const bool whole = end == token.word.data() + token.word.size();
    if (error == std::errc() && !whole) throw_malformed("Invalid path component");
    if (error != std::errc() || step.index > kMaxIndex || (negative && step.index != 0)) {
      const Node node{.begin = token.begin, .end = token.end};
      throw_validation("List index is not within the allowable range; index: [" + std::string(negative ? "-" : "") +
                       std::string(token.word) + "]" + out_.position(node));
    }
    out_.steps.push_back(step);
  } else {
    throw_malformed("Invalid path component");
  }
  expect("]", "Expected RIGHT_BRACKET");
}

NodeIndex ExpressionParser::simple_path() {
  if (peek().kind != TokenKind::identifier && peek().kind != TokenKind::quoted)
    throw_malformed("Expected identifier for simple path");
  return path();
}

std::vector<std::string_view> ExpressionParser::table_path(bool is_simple) {
  std::vector<std::string_view> components;
  do {
    const Token token = peek();
    if (token.kind != TokenKind::identifier && token.kind != TokenKind::quoted) {
      if (!components.empty()) throw_malformed("Invalid path dot component");
      if (is_simple) throw_malformed("Expected identifier for simple path");
      throw_malformed(token.kind == TokenKind::keyword ? "Unexpected keyword" : "Unexpected term");
    }
    ++at_;
    components.push_back(name_of(token));
  } while (accept("."));
  return components;
}

}  // namespace brume::dynamodb::partiql
