#include "wire/item.h"

#include <algorithm>
#include <array>
#include <vector>

namespace brume::wire {
namespace {

constexpr std::array<std::string_view, 10> kTypeNames = {"S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"};

detail::Tag tag_of(ValueType type) {
  switch (type) {
    case ValueType::string: return detail::kString;
    case ValueType::number: return detail::kNumber;
    case ValueType::binary: return detail::kBinary;
    case ValueType::boolean: return detail::kFalse;
    case ValueType::null: return detail::kNull;
    case ValueType::list: return detail::kList;
    case ValueType::map: return detail::kMap;
    case ValueType::string_set: return detail::kStringSet;
    case ValueType::number_set: return detail::kNumberSet;
    case ValueType::binary_set: return detail::kBinarySet;
  }
  return detail::kNull;
}

template <class View>
std::size_t count_of(const View& view) {
  std::size_t count = 0;
  for (auto it = view.begin(); it != view.end(); ++it) ++count;
  return count;
}

void append_tagged(std::string& out, detail::Tag tag, std::string_view bytes) {
  out.push_back(static_cast<char>(tag));
  append_varint(out, bytes.size());
  out.append(bytes);
}

}  // namespace

std::string_view type_name(ValueType type) { return kTypeNames[static_cast<std::size_t>(type)]; }

std::optional<ValueType> type_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kTypeNames.size(); ++i)
    if (kTypeNames[i] == name) return static_cast<ValueType>(i);
  return std::nullopt;
}

Number ValueView::number() const {
  std::string_view bytes = content_;
  return Number::read_ordered(bytes).value_or(Number());
}
ListView ValueView::list() const { return ListView(content_); }
MapView ValueView::map() const { return MapView(content_); }
SetView ValueView::set() const { return {type_, content_}; }

std::size_t ListView::size() const { return count_of(*this); }
std::size_t MapView::size() const { return count_of(*this); }
std::size_t SetView::size() const { return count_of(*this); }

std::optional<ValueView> ListView::at(std::size_t index) const {
  for (const Element& element : *this)
    if (index-- == 0) return element;
  return std::nullopt;
}

std::optional<ValueView> MapView::find(std::string_view name) const {
  // Names are compared before values are decoded: most of the walk is over names that differ.
  const char* at = content_.data();
  const char* end = at + content_.size();
  while (at != end) {
    const std::string_view found = detail::read_bytes(at);
    const ValueView value(at);
    if (found == name) return value;
    at = value.content().data() + value.content().size();
  }
  return std::nullopt;
}

ValueType SetView::member_type() const {
  switch (type_) {
    case ValueType::number_set: return ValueType::number;
    case ValueType::binary_set: return ValueType::binary;
    default: return ValueType::string;
  }
}

bool SetView::contains(std::string_view member) const {
  for (const std::string_view found : *this)
    if (found == member) return true;
  return false;
}

void append_varint(std::string& out, std::size_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

void append_string(std::string& out, std::string_view text) { append_tagged(out, detail::kString, text); }
void append_binary(std::string& out, std::string_view bytes) { append_tagged(out, detail::kBinary, bytes); }
void append_number(std::string& out, const Number& number) {
  out.push_back(static_cast<char>(detail::kNumber));
  number.append_ordered(out);
}
void append_number_bytes(std::string& out, std::string_view ordered) {
  out.push_back(static_cast<char>(detail::kNumber));
  out.append(ordered);
}
void append_boolean(std::string& out, bool value) {
  out.push_back(static_cast<char>(value ? detail::kTrue : detail::kFalse));
}
void append_null(std::string& out) { out.push_back(static_cast<char>(detail::kNull)); }

void append_name(std::string& out, std::string_view name) {
  append_varint(out, name.size());
  out.append(name);
}

void append_member(std::string& out, ValueType set_type, std::string_view member) {
  if (set_type != ValueType::number_set) append_varint(out, member.size());
  out.append(member);
}

bool append_set(std::string& out, ValueType set_type, std::vector<std::string_view> members) {
  std::sort(members.begin(), members.end());  // numbers too: their stored bytes compare as they do
  ContainerBuilder set(out, set_type);
  for (const std::string_view member : members) append_member(out, set_type, member);
  set.finish();
  return std::adjacent_find(members.begin(), members.end()) == members.end();
}

ContainerBuilder::ContainerBuilder(std::string& out, ValueType type) : out_(&out) {
  out.push_back(static_cast<char>(tag_of(type)));
  out.push_back(0);  // room for the usual length of one byte; finish() makes more where it needs more
  content_at_ = out.size();
}

void ContainerBuilder::finish() {
  std::size_t length = out_->size() - content_at_;
  char bytes[10];
  std::size_t count = 0;
  for (; length >= 0x80; length >>= 7) bytes[count++] = static_cast<char>(length | 0x80);
  bytes[count++] = static_cast<char>(length);
  (*out_)[content_at_ - 1] = bytes[0];
  if (count > 1) out_->insert(content_at_, bytes + 1, count - 1);
}

std::string with_attribute(ItemView item, std::string_view name, ValueView value) {
  std::string out;
  out.reserve(item.content().size() + name.size() + value.stored().size() + 5);
  bool found = false;
  for (const Attribute& attribute : item) {
    if (attribute.name == name) {
      append_attribute(out, name, value);
      found = true;
    } else {
      out.append(attribute.stored);
    }
  }
  if (!found) append_attribute(out, name, value);
  return out;
}

std::string without_attribute(ItemView item, std::string_view name) {
  std::string out;
  out.reserve(item.content().size());
  for (const Attribute& attribute : item)
    if (attribute.name != name) out.append(attribute.stored);
  return out;
}

namespace {

/// A map's entries in the order of their names.
std::vector<Attribute> by_name(MapView map) {
  std::vector<Attribute> entries(map.begin(), map.end());
  std::sort(entries.begin(), entries.end(), [](const Attribute& a, const Attribute& b) { return a.name < b.name; });
  return entries;
}

bool same_entry(const Attribute& a, const Attribute& b) { return a.name == b.name && values_equal(a.value, b.value); }

bool maps_equal(MapView a, MapView b) {
  if (a.content() == b.content()) return true;
  // Entries mostly stand in the same order; only where they don't are they sorted.
  auto at_a = a.begin(), at_b = b.begin();
  for (; at_a != a.end() && at_b != b.end() && at_a->name == at_b->name; ++at_a, ++at_b)
    if (!values_equal(at_a->value, at_b->value)) return false;
  if (at_a == a.end() || at_b == b.end()) return at_a == a.end() && at_b == b.end();
  const std::vector<Attribute> left = by_name(a), right = by_name(b);
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), same_entry);
}

bool sets_equal(SetView a, SetView b) {
  std::vector<std::string_view> left(a.begin(), a.end());
  std::vector<std::string_view> right(b.begin(), b.end());
  if (left.size() != right.size()) return false;
  std::sort(left.begin(), left.end());
  std::sort(right.begin(), right.end());
  return left == right;
}

}  // namespace

bool items_equal(ItemView a, ItemView b) { return maps_equal(a, b); }

bool values_equal(ValueView a, ValueView b) {
  if (a.type() != b.type()) return false;
  switch (a.type()) {
    case ValueType::boolean: return a.boolean() == b.boolean();
    case ValueType::list: {
      if (a.content() == b.content()) return true;
      const ListView left = a.list(), right = b.list();
      auto at = right.begin();
      for (const Element& element : left) {
        if (at == right.end() || !values_equal(element, *at)) return false;
        ++at;
      }
      return at == right.end();
    }
    case ValueType::map: return maps_equal(a.map(), b.map());
    case ValueType::string_set:
    case ValueType::number_set:
    case ValueType::binary_set:
      return a.content() == b.content() || (a.content().size() == b.content().size() && sets_equal(a.set(), b.set()));
    default: return a.content() == b.content();
  }
}

std::optional<std::strong_ordering> compare_values(ValueView a, ValueView b) {
  if (a.type() != b.type() || a.type() > ValueType::binary) return std::nullopt;
  return a.content().compare(b.content()) <=> 0;
}

namespace {

/// Reads with every length checked; false at the first thing that isn't as item.h draws it.
class Checker {
 public:
  explicit Checker(std::string_view bytes) : left_(bytes) {}
  bool done() const { return left_.empty(); }

  bool attribute(int depth) {
    std::string_view name;
    return bytes(name) && value(depth);
  }

  bool value(int depth) {
    if (left_.empty()) return false;
    const auto tag = static_cast<unsigned char>(left_[0]);
    left_.remove_prefix(1);
    std::string_view content;
    switch (tag) {
      case detail::kFalse:
      case detail::kTrue:
      case detail::kNull: return true;
      case detail::kNumber: return number();
      case detail::kString:
      case detail::kBinary: return bytes(content);
      case detail::kList:
      case detail::kMap: return depth < kMaxNestingDepth && bytes(content) && entries(content, tag, depth + 1);
      case detail::kStringSet:
      case detail::kNumberSet:
      case detail::kBinarySet: return bytes(content) && !content.empty() && entries(content, tag, depth);
      default: return false;
    }
  }

 private:
  static bool entries(std::string_view content, unsigned char tag, int depth) {
    Checker inside(content);
    while (!inside.done()) {
      std::string_view member;
      const bool good = tag == detail::kList        ? inside.value(depth)
                        : tag == detail::kMap       ? inside.attribute(depth)
                        : tag == detail::kNumberSet ? inside.number()
                                                    : inside.bytes(member);
      if (!good) return false;
    }
    return true;
  }

  bool number() {
    const std::size_t length = Number::check_ordered(left_);
    left_.remove_prefix(length);
    return length != 0;
  }

  bool bytes(std::string_view& out) {
    std::size_t length = 0;
    for (int shift = 0;; shift += 7) {
      if (left_.empty() || shift > 28) return false;
      const auto byte = static_cast<unsigned char>(left_[0]);
      left_.remove_prefix(1);
      length |= static_cast<std::size_t>(byte & 0x7f) << shift;
      if (byte == 0 && shift > 0) return false;  // not the shortest form
      if (byte < 0x80) break;
    }
    if (length > left_.size()) return false;
    out = left_.substr(0, length);
    left_.remove_prefix(length);
    return true;
  }

  std::string_view left_;
};

}  // namespace

bool is_well_formed_item(std::string_view bytes) {
  Checker checker(bytes);
  while (!checker.done())
    if (!checker.attribute(1)) return false;
  return true;
}

bool is_well_formed_value(std::string_view bytes) {
  Checker checker(bytes);
  return checker.value(1) && checker.done();
}

}  // namespace brume::wire
