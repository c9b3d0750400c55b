#include "wire/size.h"

namespace brume::wire {

std::size_t value_size(ValueView value) {
  switch (value.type()) {
    case ValueType::string:
    case ValueType::binary: return value.content().size();
    case ValueType::number: return Number::billed_bytes_of_ordered(value.number_bytes());
    case ValueType::boolean:
    case ValueType::null: return 1;
    case ValueType::list: {
      std::size_t size = 3;
      for (const Element& element : value.list()) size += 1 + value_size(element);
      return size;
    }
    case ValueType::map: {
      std::size_t size = 3;
      for (const Attribute& entry : value.map()) size += 1 + entry.name.size() + value_size(entry.value);
      return size;
    }
    case ValueType::string_set:
    case ValueType::binary_set: {
      std::size_t size = 0;
      for (const std::string_view member : value.set()) size += member.size();
      return size;
    }
    case ValueType::number_set: {
      std::size_t size = 0;
      for (const std::string_view member : value.set()) size += Number::billed_bytes_of_ordered(member);
      return size;
    }
  }
  return 0;
}

std::size_t item_size(ItemView item) {
  std::size_t size = 0;
  for (const Attribute& attribute : item) size += attribute.name.size() + value_size(attribute.value);
  return size;
}

}  // namespace brume::wire
