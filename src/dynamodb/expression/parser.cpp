#include "dynamodb/expression/parser.h"

#include <algorithm>
#include <span>

#include "base/error.h"
#include "dynamodb/expression/lexer.h"

namespace brume::dynamodb {
namespace {

// Parentheses, NOTs and calls within each other. What AWS accepts needs an operator for every second level
// at most, so this refuses nothing that AWS takes; it keeps hostile text from exhausting the stack.
constexpr int kMaxDepth = 2 * static_cast<int>(kMaxOperators) + 32;

using Kind = SyntaxNode::Kind;

class Parser {
 public:
  Parser(std::string_view text, std::string_view parameter) : text_(text), parameter_(parameter) {
    if (text.empty()) fail("The expression can not be empty;");
    if (text.size() > kMaxExpressionBytes)
      fail("Expression size has exceeded the maximum allowed size; expression size: " + std::to_string(text.size()));
    tokens_ = tokenize(text);
  }

  Syntax condition() {
    out_.root = or_condition(false);
    expect(TokenKind::end);
    return std::move(out_);
  }

  Syntax update() {
    std::uint32_t section = 0;
    do {
      actions(section++);
    } while (!is(TokenKind::end));
    return std::move(out_);
  }

  Syntax projection() {
    do {
      out_.paths.push_back(path());
    } while (accept(TokenKind::comma));
    expect(TokenKind::end);
    return std::move(out_);
  }

 private:
  // ---- tokens ----

  TokenKind peek(std::size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)].kind; }
  bool is(TokenKind kind) const { return peek() == kind; }
  std::string_view text_of(const Token& token) const { return text_.substr(token.begin, token.end - token.begin); }

  std::string_view take() { return text_of(tokens_[at_++]); }
  bool accept(TokenKind kind) {
    if (!is(kind)) return false;
    ++at_;
    return true;
  }
  std::string_view expect(TokenKind kind) {
    if (!is(kind)) fail_here();
    if (kind == TokenKind::end) return {};
    return take();
  }

  [[noreturn]] void fail(std::string_view text) const { fail_expression(parameter_, text); }

  /// AWS shows the text from the token before the offending one to the token after it.
  [[noreturn]] void fail_here() const {
    const Token& token = tokens_[at_];
    const Token& before = tokens_[at_ > 0 ? at_ - 1 : 0];
    const Token& after = tokens_[std::min(at_ + 1, tokens_.size() - 1)];
    std::string message = "Syntax error; token: \"";
    message += token.kind == TokenKind::end ? "<EOF>" : text_of(token);
    message += "\", near: \"";
    message += text_.substr(before.begin, after.end - before.begin);
    message += '"';
    fail(message);
  }

  // ---- nodes ----

  NodeIndex add(SyntaxNode node) {
    out_.nodes.push_back(node);
    return static_cast<NodeIndex>(out_.nodes.size() - 1);
  }
  NodeIndex add(Kind kind, ConditionOp op, std::string_view text, std::span<const NodeIndex> children) {
    SyntaxNode node{.kind = kind, .op = op, .text = text};
    node.first = static_cast<std::uint32_t>(out_.children.size());
    node.count = static_cast<std::uint32_t>(children.size());
    out_.children.insert(out_.children.end(), children.begin(), children.end());
    ++out_.operators;
    return add(node);
  }

  struct Nested {
    explicit Nested(Parser& parser) : parser_(parser) { ++parser_.depth_; }
    ~Nested() { --parser_.depth_; }
    Parser& parser_;
  };

  // ---- conditions ----

  // With `bare` set, an operand alone is also taken if a closing parenthesis follows it: whether
  // "(a" opens a condition or an operand shows only after its end.

  NodeIndex or_condition(bool bare) {
    NodeIndex left = and_condition(bare);
    while (is(TokenKind::keyword_or)) {
      ++at_;
      const NodeIndex both[] = {left, and_condition(false)};
      left = add(Kind::logic, ConditionOp::or_, "OR", both);
    }
    return left;
  }

  NodeIndex and_condition(bool bare) {
    NodeIndex left = not_condition(bare);
    while (is(TokenKind::keyword_and)) {
      ++at_;
      const NodeIndex both[] = {left, not_condition(false)};
      left = add(Kind::logic, ConditionOp::and_, "AND", both);
    }
    return left;
  }

  NodeIndex not_condition(bool bare) {
    if (!is(TokenKind::keyword_not)) return primary(bare);
    ++at_;
    const Nested nested(*this);
    if (depth_ > kMaxDepth)
      fail("The expression contains too many operators; operator count: " + std::to_string(kMaxOperators + 1));
    const NodeIndex child[] = {not_condition(false)};
    return add(Kind::logic, ConditionOp::not_, "NOT", child);
  }

  NodeIndex primary(bool bare) {
    NodeIndex left;
    if (is(TokenKind::left_paren)) {
      left = in_parentheses([this] { return or_condition(true); });
      if (!out_.nodes[left].is_operand()) return left;
    } else {
      left = operand();
    }
    return after_operand(left, bare);
  }

  template <class Inner>
  NodeIndex in_parentheses(Inner&& inner) {
    ++at_;
    const Nested nested(*this);
    if (depth_ > kMaxDepth) fail_redundant();
    const NodeIndex node = inner();
    expect(TokenKind::right_paren);
    if (out_.nodes[node].parenthesized) fail_redundant();
    out_.nodes[node].parenthesized = true;
    return node;
  }

  [[noreturn]] void fail_redundant() const { fail("The expression has redundant parentheses;"); }

  NodeIndex after_operand(NodeIndex left, bool bare) {
    switch (peek()) {
      case TokenKind::equal: return comparison(left, ConditionOp::equal);
      case TokenKind::not_equal: return comparison(left, ConditionOp::not_equal);
      case TokenKind::less: return comparison(left, ConditionOp::less);
      case TokenKind::less_equal: return comparison(left, ConditionOp::less_equal);
      case TokenKind::greater: return comparison(left, ConditionOp::greater);
      case TokenKind::greater_equal: return comparison(left, ConditionOp::greater_equal);
      case TokenKind::keyword_between: {
        ++at_;
        NodeIndex three[] = {left, operand(), 0};
        expect(TokenKind::keyword_and);
        three[2] = operand();
        return add(Kind::between, ConditionOp::between, "BETWEEN", three);
      }
      case TokenKind::keyword_in: {
        ++at_;
        expect(TokenKind::left_paren);
        std::vector<NodeIndex> all{left};
        do {
          all.push_back(operand());
        } while (accept(TokenKind::comma));
        expect(TokenKind::right_paren);
        return add(Kind::in, ConditionOp::in, "IN", all);
      }
      default:
        if (out_.nodes[left].kind == Kind::call) return left;
        if (bare && is(TokenKind::right_paren)) return left;
        fail_here();
    }
  }

  NodeIndex comparison(NodeIndex left, ConditionOp op) {
    const std::string_view text = take();
    const NodeIndex both[] = {left, operand()};
    return add(Kind::compare, op, text, both);
  }

  NodeIndex operand() {
    switch (peek()) {
      case TokenKind::value: return add(SyntaxNode{.kind = Kind::value, .text = take()});
      case TokenKind::left_paren: return in_parentheses([this] { return operand(); });
      case TokenKind::identifier: return peek(1) == TokenKind::left_paren ? call() : path();
      case TokenKind::name: return path();
      default: fail_here();
    }
  }

  NodeIndex call() {
    const std::string_view name = take();
    ++at_;
    const Nested nested(*this);
    if (depth_ > kMaxDepth)
      fail("The function is not allowed to be used this way in an expression; function: " + std::string(name));
    std::vector<NodeIndex> arguments;
    do {
      arguments.push_back(operand());
    } while (accept(TokenKind::comma));
    expect(TokenKind::right_paren);
    return add(Kind::call, ConditionOp::and_, name, arguments);
  }

  NodeIndex path() {
    SyntaxNode node{.kind = Kind::path, .text = {}, .first = static_cast<std::uint32_t>(out_.steps.size())};
    step();
    while (true) {
      if (accept(TokenKind::dot)) {
        step();
      } else if (accept(TokenKind::left_bracket)) {
        const std::string_view index = expect(TokenKind::integer);
        out_.steps.push_back({SyntaxStep::Kind::index, index});
        expect(TokenKind::right_bracket);
      } else {
        break;
      }
    }
    node.count = static_cast<std::uint32_t>(out_.steps.size()) - node.first;
    return add(node);
  }

  void step() {
    if (is(TokenKind::identifier)) {
      out_.steps.push_back({SyntaxStep::Kind::name, take()});
    } else if (is(TokenKind::name)) {
      out_.steps.push_back({SyntaxStep::Kind::placeholder, take()});
    } else {
      fail_here();
    }
  }

  // ---- updates ----

  void actions(std::uint32_t section) {
    const TokenKind keyword = peek();
    SyntaxAction action{.section = section};
    switch (keyword) {
      case TokenKind::keyword_set: action.kind = SyntaxAction::Kind::set; break;
      case TokenKind::keyword_remove: action.kind = SyntaxAction::Kind::remove; break;
      case TokenKind::keyword_add: action.kind = SyntaxAction::Kind::add; break;
      case TokenKind::keyword_delete: action.kind = SyntaxAction::Kind::remove_members; break;
      default: fail_here();
    }
    ++at_;
    do {
      action.path = path();
      if (keyword == TokenKind::keyword_set) {
        expect(TokenKind::equal);
        action.value = set_value();
      } else if (keyword != TokenKind::keyword_remove) {
        if (!is(TokenKind::value)) fail_here();
        action.value = operand();
      }
      out_.actions.push_back(action);
    } while (accept(TokenKind::comma));
  }

  /// operand [± operand], all of it in one pair of parentheses or not.
  NodeIndex set_value() {
    NodeIndex left;
    if (is(TokenKind::left_paren)) {
      left = in_parentheses([this] { return sum(operand()); });
      if (out_.nodes[left].kind == Kind::arithmetic) return left;
    } else {
      left = operand();
    }
    return sum(left);
  }

  NodeIndex sum(NodeIndex left) {
    if (!is(TokenKind::plus) && !is(TokenKind::minus)) return left;
    const std::string_view sign = take();
    const NodeIndex both[] = {left, operand()};
    return add(Kind::arithmetic, ConditionOp::and_, sign, both);
  }

  std::string_view text_;
  std::string_view parameter_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
  Syntax out_;
};

}  // namespace

void fail_expression(std::string_view parameter, std::string_view text) {
  std::string message = "Invalid ";
  message += parameter;
  message += ": ";
  message += text;
  throw AwsError(kValidationException, std::move(message));
}

Syntax parse_condition_syntax(std::string_view text, std::string_view parameter) {
  return Parser(text, parameter).condition();
}
Syntax parse_update_syntax(std::string_view text) { return Parser(text, "UpdateExpression").update(); }
Syntax parse_projection_syntax(std::string_view text) { return Parser(text, "ProjectionExpression").projection(); }

}  // namespace brume::dynamodb
