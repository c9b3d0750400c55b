// Any text as any kind of expression: it is refused with an AwsError, or it evaluates on an item.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "dynamodb/expression/condition.h"
#include "dynamodb/expression/key_condition.h"
#include "dynamodb/expression/projection.h"
#include "dynamodb/expression/update.h"
#include "wire/item_json.h"

namespace {

using namespace brume;
using namespace brume::dynamodb;

constexpr std::string_view kItem =
    R"({"a":{"S":"text"},"b":{"N":"5"},"c":{"L":[{"N":"1"},{"M":{"a":{"SS":["x","y"]}}},{"S":"z"}]},)"
    R"("d":{"M":{"a":{"M":{"b":{"L":[{"N":"2"}]}}},"b":{"N":"7"}}},"e":{"SS":["x","y"]},"f":{"NS":["1","2"]}})";
constexpr std::string_view kValues =
    R"({":a":{"S":"x"},":b":{"N":"2"},":c":{"L":[{"N":"9"}]},":d":{"M":{"a":{"N":"1"}}},":e":{"SS":["x"]},)"
    R"(":f":{"NS":["1","3"]},":g":{"BOOL":true},":h":{"B":"AQI="},":i":{"S":"S"},":j":{"NULL":true}})";

std::string stored(std::string_view json) {
  simdjson::dom::parser parser;
  std::string out;
  wire::append_item_from_json(parser.parse(simdjson::padded_string(json)).value(), out);
  return out;
}

template <class Use>
void attempt(Use&& use) {
  ExpressionContext context;
  static const std::string values = stored(kValues);
  for (const wire::Attribute& value : wire::ItemView(values)) context.add_value(value.name, value.value);
  context.add_name("#a", "a");
  context.add_name("#b", "b");
  context.add_name("#c", "[1]");
  try {
    use(context);
  } catch (const AwsError&) {}
}

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  static const std::string bytes = stored(kItem);
  const wire::ItemView item(bytes);
  switch (data[0] % 4) {
    case 0:
      attempt([&](ExpressionContext& context) {
        const auto condition = ConditionExpression::parse(text, context);
        condition.matches(item);
        condition.matches(wire::ItemView());
      });
      break;
    case 1:
      attempt([&](ExpressionContext& context) {
        const std::string out = ProjectionExpression::parse(text, context).project(item);
        check(wire::is_well_formed_item(out));
      });
      break;
    case 2:
      attempt([&](ExpressionContext& context) {
        const auto update = UpdateExpression::parse(text, context);
        const std::string after = update.apply(item);
        check(wire::is_well_formed_item(after));
        check(wire::is_well_formed_item(update.updated_part(item)));
        check(wire::is_well_formed_item(update.updated_part(wire::ItemView(after))));
      });
      break;
    default:
      attempt([&](ExpressionContext& context) {
        auto condition = KeyConditionExpression::parse(text, context);
        condition.check();
        condition.resolve({{{"a", wire::ValueType::string}}, {{"b", wire::ValueType::number}}});
      });
      break;
  }
  return 0;
}
