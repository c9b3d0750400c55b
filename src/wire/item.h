// The stored form of items and attribute values: compact tagged bytes, read in place.
//
//   value   S    01 length bytes            length: varint (LEB128), here and below
//           N    02 number                  Number::append_ordered, self-delimiting
//           B    03 length bytes
//           BOOL 04 (false) / 05 (true)
//           NULL 06
//           L    07 length value*           length in bytes of what follows, so that it can be skipped
//           M    08 length attribute*
//           SS   09 length (length bytes)*
//           NS   0a length number*
//           BS   0b length (length bytes)*
//   attribute    length name value
//   item         attribute*                 in the order in which they were sent
//
// Views borrow the bytes and trust them: check bytes of unknown origin with is_well_formed() first.
// Nothing here throws.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/number.h"

namespace brume::wire {

enum class ValueType : std::uint8_t {
  string,
  number,
  binary,
  boolean,
  null,
  list,
  map,
  string_set,
  number_set,
  binary_set
};

/// "S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS".
std::string_view type_name(ValueType type);
std::optional<ValueType> type_from_name(std::string_view name);

/// Deepest nesting that AWS takes: an attribute's own value is level 1.
inline constexpr int kMaxNestingDepth = 32;

namespace detail {
/// First byte of a stored value.
enum Tag : std::uint8_t {
  kString = 1,
  kNumber,
  kBinary,
  kFalse,
  kTrue,
  kNull,
  kList,
  kMap,
  kStringSet,
  kNumberSet,
  kBinarySet
};

inline std::size_t read_varint(const char*& at) {
  std::size_t value = static_cast<unsigned char>(*at++);
  if (value < 0x80) return value;
  value &= 0x7f;
  for (int shift = 7;; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at++);
    value |= static_cast<std::size_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}

inline std::string_view read_bytes(const char*& at) {
  const std::size_t length = read_varint(at);
  const std::string_view bytes(at, length);
  at += length;
  return bytes;
}

/// The ordered number at the front: positive ones end at a byte whose low bit is 0, negative at one with 1.
inline std::string_view read_number_bytes(const char*& at) {
  const char* start = at;
  const unsigned end_bit = static_cast<unsigned char>(*at++) < 0x80 ? 1 : 0;
  while ((static_cast<unsigned char>(*at++) & 1u) != end_bit) {}
  return {start, static_cast<std::size_t>(at - start)};
}
}  // namespace detail

class ListView;
class MapView;
class SetView;
using ItemView = MapView;

/// One stored value. Cheap to copy; its header is decoded once.
class ValueView {
 public:
  ValueView() = default;  ///< refers to nothing; only assignment is allowed
  /// `bytes` begins with a stored value; what follows it is ignored.
  explicit ValueView(std::string_view bytes) : ValueView(bytes.data()) {}
  explicit ValueView(const char* at);

  ValueType type() const { return type_; }
  /// The value's bytes, header included: copy these to store it elsewhere.
  std::string_view stored() const {
    return {start_, static_cast<std::size_t>(content_.data() + content_.size() - start_)};
  }
  /// What follows the header: text of S, bytes of B, ordered number of N, entries of containers.
  std::string_view content() const { return content_; }

  std::string_view text() const { return content_; }          ///< S
  std::string_view bytes() const { return content_; }         ///< B
  std::string_view number_bytes() const { return content_; }  ///< N: comparable as bytes
  Number number() const;                                      ///< N
  bool boolean() const { return *start_ == detail::kTrue; }   ///< BOOL
  ListView list() const;                                      ///< L
  MapView map() const;                                        ///< M
  SetView set() const;                                        ///< SS, NS, BS

  bool is_set() const { return type_ >= ValueType::string_set; }

 private:
  const char* start_ = nullptr;
  std::string_view content_;
  ValueType type_ = ValueType::null;
};

inline ValueView::ValueView(const char* at) : start_(at) {
  switch (static_cast<unsigned char>(*at++)) {
    case detail::kString: type_ = ValueType::string; break;
    case detail::kNumber:
      type_ = ValueType::number;
      content_ = detail::read_number_bytes(at);
      return;
    case detail::kBinary: type_ = ValueType::binary; break;
    case detail::kFalse:
    case detail::kTrue:
      type_ = ValueType::boolean;
      content_ = {at, 0};
      return;
    case detail::kList: type_ = ValueType::list; break;
    case detail::kMap: type_ = ValueType::map; break;
    case detail::kStringSet: type_ = ValueType::string_set; break;
    case detail::kNumberSet: type_ = ValueType::number_set; break;
    case detail::kBinarySet: type_ = ValueType::binary_set; break;
    default: content_ = {at, 0}; return;
  }
  content_ = detail::read_bytes(at);
}

/// Shared by the iterators below: each stands on one decoded entry and knows where the next begins.
template <class Entry>
class EntryIterator {
 public:
  using value_type = Entry;
  using difference_type = std::ptrdiff_t;
  using reference = const Entry&;
  using pointer = const Entry*;
  using iterator_category = std::input_iterator_tag;

  EntryIterator() = default;
  EntryIterator(const char* at, const char* end) : at_(at), next_(at), end_(end) { decode(); }
  const Entry& operator*() const { return entry_; }
  const Entry* operator->() const { return &entry_; }
  EntryIterator& operator++() {
    at_ = next_;
    decode();
    return *this;
  }
  void operator++(int) { ++*this; }
  bool operator==(const EntryIterator& other) const { return at_ == other.at_; }

 private:
  void decode() {
    if (at_ != end_) next_ = Entry::read(at_, entry_);
  }
  const char* at_ = nullptr;
  const char* next_ = nullptr;
  const char* end_ = nullptr;
  Entry entry_{};
};

/// An element of a list.
struct Element : ValueView {
  static const char* read(const char* at, Element& out) {
    static_cast<ValueView&>(out) = ValueView(at);
    return out.content().data() + out.content().size();
  }
};

/// An attribute of an item or an entry of a map.
struct Attribute {
  std::string_view name;
  ValueView value;
  /// Name and value as they are stored.
  std::string_view stored;

  static const char* read(const char* at, Attribute& out) {
    const char* start = at;
    out.name = detail::read_bytes(at);
    out.value = ValueView(at);
    const char* end = out.value.content().data() + out.value.content().size();
    out.stored = {start, static_cast<std::size_t>(end - start)};
    return end;
  }
};

class ListView {
 public:
  ListView() = default;
  explicit ListView(std::string_view content) : content_(content) {}
  using iterator = EntryIterator<Element>;
  iterator begin() const { return {content_.data(), content_.data() + content_.size()}; }
  iterator end() const { return {content_.data() + content_.size(), content_.data() + content_.size()}; }
  bool empty() const { return content_.empty(); }
  std::size_t size() const;  ///< walks the list
  std::optional<ValueView> at(std::size_t index) const;
  std::string_view content() const { return content_; }

 private:
  std::string_view content_;
};

/// A map's entries, or a whole item: the two have one layout.
class MapView {
 public:
  MapView() = default;
  explicit MapView(std::string_view content) : content_(content) {}
  using iterator = EntryIterator<Attribute>;
  iterator begin() const { return {content_.data(), content_.data() + content_.size()}; }
  iterator end() const { return {content_.data() + content_.size(), content_.data() + content_.size()}; }
  bool empty() const { return content_.empty(); }
  std::size_t size() const;  ///< walks the map
  std::optional<ValueView> find(std::string_view name) const;
  bool contains(std::string_view name) const { return find(name).has_value(); }
  std::string_view content() const { return content_; }

 private:
  std::string_view content_;
};

/// The members of a set: texts (SS), bytes (BS) or ordered numbers (NS). Equal members have equal bytes.
class SetView {
 public:
  SetView() = default;
  SetView(ValueType type, std::string_view content) : content_(content), type_(type) {}

  class iterator {
   public:
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using reference = const std::string_view&;
    using pointer = const std::string_view*;
    using iterator_category = std::input_iterator_tag;
    iterator() = default;
    iterator(const char* at, const char* end, bool numbers) : at_(at), next_(at), end_(end), numbers_(numbers) {
      decode();
    }
    const std::string_view& operator*() const { return member_; }
    iterator& operator++() {
      at_ = next_;
      decode();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(const iterator& other) const { return at_ == other.at_; }

   private:
    void decode() {
      if (at_ != end_) member_ = numbers_ ? detail::read_number_bytes(next_) : detail::read_bytes(next_);
    }
    const char* at_ = nullptr;
    const char* next_ = nullptr;
    const char* end_ = nullptr;
    bool numbers_ = false;
    std::string_view member_;
  };

  iterator begin() const { return {content_.data(), content_.data() + content_.size(), is_numbers()}; }
  iterator end() const {
    const char* end = content_.data() + content_.size();
    return {end, end, is_numbers()};
  }
  ValueType type() const { return type_; }
  ValueType member_type() const;  ///< S, N or B
  bool empty() const { return content_.empty(); }
  std::size_t size() const;  ///< walks the set
  bool contains(std::string_view member) const;

 private:
  bool is_numbers() const { return type_ == ValueType::number_set; }
  std::string_view content_;
  ValueType type_ = ValueType::string_set;
};

// ---- building: everything appends to a string ----

void append_varint(std::string& out, std::size_t value);
void append_string(std::string& out, std::string_view text);
void append_binary(std::string& out, std::string_view bytes);
void append_number(std::string& out, const Number& number);
/// `ordered` is a number as Number::append_ordered writes it.
void append_number_bytes(std::string& out, std::string_view ordered);
void append_boolean(std::string& out, bool value);
void append_null(std::string& out);
inline void append_value(std::string& out, ValueView value) { out.append(value.stored()); }

/// An attribute's name; the value is appended after it.
void append_name(std::string& out, std::string_view name);
inline void append_attribute(std::string& out, std::string_view name, ValueView value) {
  append_name(out, name);
  append_value(out, value);
}

/// A member of a set that is being built; `member` as SetView gives it.
void append_member(std::string& out, ValueType set_type, std::string_view member);

/// Appends the set of `members` in the order in which DynamoDB keeps and returns sets: strings and binaries bytewise,
/// numbers by value. `members` are as SetView gives them and not within `out`. False if two are equal.
bool append_set(std::string& out, ValueType set_type, std::vector<std::string_view> members);

/// Opens a list, map or set at the end of `out`; append its entries, then call finish(), which writes the length.
/// Containers nest; the inner one is finished first.
class ContainerBuilder {
 public:
  ContainerBuilder(std::string& out, ValueType type);
  void finish();
  bool empty() const { return out_->size() == content_at_; }  ///< before finish()

 private:
  std::string* out_;
  std::size_t content_at_;
};

/// The item with `name` set to `value`: in place if it is there, else at the end.
std::string with_attribute(ItemView item, std::string_view name, ValueView value);
std::string without_attribute(ItemView item, std::string_view name);

// ---- comparing ----

/// Deep equality: types agree, sets and maps compare without order, numbers by value.
bool values_equal(ValueView a, ValueView b);
bool items_equal(ItemView a, ItemView b);

/// Order of two strings (UTF-8 bytes), two numbers or two binaries; nullopt for anything else.
std::optional<std::strong_ordering> compare_values(ValueView a, ValueView b);

// ---- checking ----

/// True if `bytes` is exactly one well-formed item / value: lengths fit, tags are known, lengths and numbers are in
/// normal form, nesting is at most kMaxNestingDepth. It does not check UTF-8, nor that names differ.
bool is_well_formed_item(std::string_view bytes);
bool is_well_formed_value(std::string_view bytes);

}  // namespace brume::wire
