// Any bytes as a stored item: is_well_formed_item decides without reading past them, and what it lets through
// can be walked, printed, measured and compared.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <cstring>

#include "wire/item_json.h"
#include "wire/key_encoding.h"
#include "wire/size.h"

namespace {

using namespace brume::wire;

void check(bool holds) {
  if (!holds) std::abort();
}

void use_key(ValueView value) {
  if (value.type() > ValueType::binary) return;
  std::string key, read;
  append_key(key, value);
  std::string_view left = key;
  check(read_key(left, value.type(), read) && left.empty() && read == value.stored());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A block of its own, so that a read past its end is noticed.
  const auto block = std::make_unique<char[]>(size);
  if (size > 0) std::memcpy(block.get(), data, size);
  const std::string_view bytes(block.get(), size);
  std::string scratch;
  for (const ValueType type : {ValueType::string, ValueType::number, ValueType::binary}) {
    std::string_view left = bytes;
    read_key(left, type, scratch);
  }
  if (!is_well_formed_item(bytes)) return 0;
  const ItemView item(bytes);
  std::string json;
  append_item_json(item, json);
  item_size(item);
  check(items_equal(item, item));
  std::string copy;
  for (const Attribute& attribute : item) {
    check(is_well_formed_value(attribute.value.stored()));
    use_key(attribute.value);
    append_attribute(copy, attribute.name, attribute.value);
  }
  check(items_equal(item, ItemView(copy)));
  return 0;
}
