#include "dynamodb/partiql/values.h"

#include <unordered_map>

#include "dynamodb/request/errors.h"
#include "dynamodb/partiql/lexer.h"
#include "wire/item_json.h"

namespace brume::dynamodb::partiql {
namespace {

using Kind = Node::Kind;
using wire::ContainerBuilder;
using wire::ValueType;

/// What AWS calls a kind of node where a value is wanted.
std::string_view kind_name(const Node& node) {
  switch (node.kind) {
    case Kind::parameter: return "Parameter";
    case Kind::path: return "Path";
    case Kind::call: return node.text;
    case Kind::missing: return "Missing";
    case Kind::add: return "+";
    case Kind::subtract: return "-";
    default: return "Expression";
  }
}

}  // namespace

bool Values::is_value(const Node& node) {
  switch (node.kind) {
    case Kind::string:
    case Kind::number:
    case Kind::boolean:
    case Kind::null:
    case Kind::parameter:
    case Kind::list:
    case Kind::bag:
    case Kind::map: return true;
    default: return false;
  }
}

wire::ValueView Values::of(const Node& node) {
  if (node.kind == Kind::parameter) return wire::ValueView(parameters_[node.first]);
  std::string path = "root";
  std::string out;
  append(node, path, 0, out);
  return keep(std::move(out));
}

std::string Values::item(const Node& node) {
  if (node.kind == Kind::parameter) {
    const wire::ValueView value(parameters_[node.first]);
    if (value.type() == ValueType::map) return std::string(value.content());
  }
  if (node.kind != Kind::map)
    throw_validation("Unsupported data type: " + std::string(kind_name(node)) + " under key root" +
                     statement_.position(node));
  std::unordered_map<std::string_view, wire::ValueView> latest;
  std::vector<std::string_view> names;
  for (std::uint32_t i = 0; i < node.count; i += 2) {
    const std::string_view name = key_of(statement_.child(node, i));
    const wire::ValueView value = of(statement_.child(node, i + 1));
    if (!latest.insert_or_assign(name, value).second) continue;
    names.push_back(name);
  }
  std::string item;
  for (const std::string_view name : names) wire::append_attribute(item, name, latest.at(name));
  return item;
}

std::string_view Values::key_of(const Node& node) const {
  if (node.kind == Kind::string && node.text.empty()) throw_validation("Path component cannot be an empty string");
  if (node.kind == Kind::string) return node.text;
  throw_validation("Unsupported data type: " + std::string(kind_name(node)) + " as a key of a map" +
                   statement_.position(node));
}

void Values::append(const Node& node, std::string& path, int depth, std::string& out) {
  if (depth >= wire::kMaxNestingDepth) throw_validation("Nesting Levels have exceeded supported limits under " + path);
  const std::size_t here = path.size();
  switch (node.kind) {
    case Kind::string: wire::append_string(out, node.text); return;
    case Kind::number: append_number(node, path, out); return;
    case Kind::boolean: wire::append_boolean(out, node.text == "true"); return;
    case Kind::null: wire::append_null(out); return;
    case Kind::bag: append_bag(node, path, out); return;
    case Kind::map: append_map(node, path, depth, out); return;
    case Kind::list: {
      ContainerBuilder list(out, ValueType::list);
      for (std::uint32_t i = 0; i < node.count; ++i) {
        path += '[' + std::to_string(i) + ']';
        append(statement_.child(node, i), path, depth + 1, out);
        path.resize(here);
      }
      list.finish();
      return;
    }
    default:
      throw_validation("Unsupported data type: " + std::string(kind_name(node)) + " under key " + path +
                       statement_.position(node));
  }
}

void Values::append_number(const Node& node, std::string_view path, std::string& out) {
  out.push_back(static_cast<char>(wire::detail::kNumber));
  if (const auto error = wire::Number::append_ordered_from_text(node.text, out, wire::Exponents::of_32_bits)) {
    if (*error == wire::NumberError::malformed) throw_malformed("");
    throw_validation(wire::number_error_text(*error, node.text) + " under " + std::string(path));
  }
}

void Values::append_bag(const Node& node, std::string_view path, std::string& out) {
  if (node.count == 0) throw_validation("Empty bags are not supported");
  const Kind kind = statement_.child(node, 0).kind;
  std::string collection;
  std::vector<std::string> members;
  for (std::uint32_t i = 0; i < node.count; ++i) {
    const Node& member = statement_.child(node, i);
    if (member.kind != kind || (kind != Kind::string && kind != Kind::number))
      throw_validation("Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags");
    std::string stored;
    if (kind == Kind::number) append_number(member, path, stored);
    else wire::append_string(stored, member.text);
    members.push_back(std::move(stored));
    if (i > 0) collection += ", ";
    collection += member.text;
  }
  std::vector<std::string_view> contents;
  for (const std::string& member : members) contents.push_back(wire::ValueView(member).content());
  const ValueType type = kind == Kind::number ? ValueType::number_set : ValueType::string_set;
  if (!wire::append_set(out, type, std::move(contents)))
    throw_invalid_parameter("Input collection [" + collection + "] contains duplicates" +
                            (kind == Kind::number ? "! under " + std::string(path) : "."));
}

void Values::append_map(const Node& node, std::string& path, int depth, std::string& out) {
  const std::size_t here = path.size();
  // Of a name that occurs twice the last value counts.
  std::unordered_map<std::string_view, std::uint32_t> last;
  for (std::uint32_t i = 0; i < node.count; i += 2) last[key_of(statement_.child(node, i))] = i;
  ContainerBuilder map(out, ValueType::map);
  for (std::uint32_t i = 0; i < node.count; i += 2) {
    const std::string_view name = statement_.child(node, i).text;
    if (last.at(name) != i) continue;
    path += '.';
    path += name;
    wire::append_name(out, name);
    append(statement_.child(node, i + 1), path, depth + 1, out);
    path.resize(here);
  }
  map.finish();
}

}  // namespace brume::dynamodb::partiql
