// The values of a statement in stored form: its literals and the request's parameters. Private to dynamodb/.
#pragma once

#include <deque>
#include <span>
#include <string>

#include "dynamodb/partiql/statement.h"
#include "wire/item.h"

namespace brume::dynamodb::partiql {

/// Owns what it makes; views stay good while it lives.
class Values {
 public:
  Values(const Statement& statement, std::span<const std::string> parameters)
      : statement_(statement), parameters_(parameters) {}
  Values(const Values&) = delete;
  Values& operator=(const Values&) = delete;

  /// Is `node` a literal or a parameter?
  static bool is_value(const Node& node);

  /// The value of a literal or a parameter. Errors: ValidationException for what isn't one ("Unsupported data type: …
  /// under key root at 1:8:3"), for numbers and sets that AWS refuses, and for too deep a nesting.
  wire::ValueView of(const Node& node);

  wire::ValueView keep(std::string stored) { return wire::ValueView(storage_.emplace_back(std::move(stored))); }

  /// The item of INSERT … VALUE {…}, in stored form.
  std::string item(const Node& node);

 private:
  void append(const Node& node, std::string& path, int depth, std::string& out);
  void append_number(const Node& node, std::string_view path, std::string& out);
  void append_bag(const Node& node, std::string_view path, std::string& out);
  void append_map(const Node& node, std::string& path, int depth, std::string& out);
  std::string_view key_of(const Node& node) const;

  const Statement& statement_;
  std::span<const std::string> parameters_;
  std::deque<std::string> storage_;
};

}  // namespace brume::dynamodb::partiql
