// The stored form to JSON.
#include <cstring>

#include "base/json_text.h"
#include "base/encoding.h"
#include "wire/item_json.h"

namespace brume::wire {
namespace {

/// Gathers small pieces in a block, so that the string is appended to seldom.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  ~Writer() { flush(); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// For short constants: their size is known where it is inlined.
  template <std::size_t kSize>
  void literal(const char (&text)[kSize]) {
    std::memcpy(room(kSize - 1), text, kSize - 1);
    at_ += kSize - 1;
  }
  void byte(char c) {
    *room(1) = c;
    ++at_;
  }
  void number(std::string_view ordered) {
    char* to = room(Number::kMaxTextBytes);
    at_ += static_cast<std::size_t>(Number::write_text_from_ordered(ordered, to) - to);
  }
  void base64(std::string_view bytes) {
    flush();
    base64_append(out_, bytes);
  }
  void escaped(std::string_view text) {
    while (true) {
      const std::size_t plain = json_plain_prefix(text);
      raw(text.substr(0, plain));
      if (plain == text.size()) return;
      escape(text[plain]);
      text.remove_prefix(plain + 1);
    }
  }

 private:
  char* room(std::size_t size) {
    if (sizeof block_ - at_ < size) flush();
    return block_ + at_;
  }
  void flush() {
    out_.append(block_, at_);
    at_ = 0;
  }
  void raw(std::string_view text) {
    if (text.size() > sizeof block_ / 2) {
      flush();
      out_.append(text);
      return;
    }
    std::memcpy(room(text.size()), text.data(), text.size());
    at_ += text.size();
  }
  void escape(char c) { at_ += write_json_escape(c, room(kJsonEscapeMax)); }

  std::string& out_;
  std::size_t at_ = 0;
  char block_[1024];
};

void write_value(ValueView value, Writer& out);

void write_entries(MapView entries, Writer& out) {
  out.byte('{');
  bool first = true;
  for (const Attribute& entry : entries) {
    if (!first) out.byte(',');
    first = false;
    out.byte('"');
    out.escaped(entry.name);
    out.literal("\":");
    write_value(entry.value, out);
  }
  out.byte('}');
}

void write_members(ValueView value, Writer& out) {
  bool first = true;
  for (const std::string_view member : value.set()) {
    if (!first) out.byte(',');
    first = false;
    out.byte('"');
    switch (value.type()) {
      case ValueType::number_set: out.number(member); break;
      case ValueType::binary_set: out.base64(member); break;
      default: out.escaped(member); break;
    }
    out.byte('"');
  }
  out.literal("]}");
}

void write_value(ValueView value, Writer& out) {
  switch (value.type()) {
    case ValueType::string:
      out.literal(R"({"S":")");
      out.escaped(value.text());
      out.literal(R"("})");
      return;
    case ValueType::number:
      out.literal(R"({"N":")");
      out.number(value.number_bytes());
      out.literal(R"("})");
      return;
    case ValueType::binary:
      out.literal(R"({"B":")");
      out.base64(value.bytes());
      out.literal(R"("})");
      return;
    case ValueType::boolean:
      if (value.boolean()) out.literal(R"({"BOOL":true})");
      else out.literal(R"({"BOOL":false})");
      return;
    case ValueType::null: out.literal(R"({"NULL":true})"); return;
    case ValueType::list: {
      out.literal(R"({"L":[)");
      bool first = true;
      for (const Element& element : value.list()) {
        if (!first) out.byte(',');
        first = false;
        write_value(element, out);
      }
      out.literal("]}");
      return;
    }
    case ValueType::map:
      out.literal(R"({"M":)");
      write_entries(value.map(), out);
      out.byte('}');
      return;
    case ValueType::string_set:
      out.literal(R"({"SS":[)");
      write_members(value, out);
      return;
    case ValueType::number_set:
      out.literal(R"({"NS":[)");
      write_members(value, out);
      return;
    case ValueType::binary_set:
      out.literal(R"({"BS":[)");
      write_members(value, out);
      return;
  }
}

}  // namespace

void append_value_json(ValueView value, std::string& out) {
  Writer writer(out);
  write_value(value, writer);
}

void append_item_json(ItemView item, std::string& out) {
  Writer writer(out);
  write_entries(item, writer);
}

}  // namespace brume::wire
