// Any bytes as an item's JSON: refused with an AwsError, or stored well-formed, and what is then written
// reads back to the same bytes.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "wire/item_json.h"
#include "wire/size.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace brume::wire;
  simdjson::dom::parser parser;
  simdjson::dom::element json;
  if (parser.parse(data, size).get(json) != simdjson::SUCCESS) return 0;
  std::string item;
  try {
    append_item_from_json(json, item);
  } catch (const brume::AwsError&) {
    return 0;
  }
  if (!is_well_formed_item(item)) std::abort();
  std::string text;
  append_item_json(ItemView(item), text);
  std::string again;
  simdjson::dom::parser second;
  append_item_from_json(second.parse(text.data(), text.size()).value(), again);
  if (again != item || item_size(ItemView(item)) != item_size(ItemView(again))) std::abort();
  return 0;
}
