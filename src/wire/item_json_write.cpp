// The stored form to JSON.
#include <cstring>

#include "base/encoding.h"
#include "wire/item_json.h"

namespace brume::wire {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

bool needs_escape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

/// How many bytes at the front need no escape; eight are looked at together.
std::size_t plain_prefix(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101u;
  constexpr std::uint64_t kHighs = 0x8080808080808080u;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + at, 8);
    const std::uint64_t quote = word ^ (kOnes * '"');
    const std::uint64_t backslash = word ^ (kOnes * '\\');
    // A byte's high bit is set where the byte is below 0x20, or zero after the XOR. A borrow can only
    // mark further bytes above a marked one, so no false silence; the tail loop finds the exact place.
    const std::uint64_t marked =
        (((word - kOnes * 0x20) & ~word) | ((quote - kOnes) & ~quote) | ((backslash - kOnes) & ~backslash)) & kHighs;
    if (marked != 0) break;
  }
  while (at < text.size() && !needs_escape(text[at])) ++at;
  return at;
}

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
      const std::size_t plain = plain_prefix(text);
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
  void escape(char c) {
    switch (c) {
      case '"': literal("\\\""); return;
      case '\\': literal("\\\\"); return;
      case '\n': literal("\\n"); return;
      case '\r': literal("\\r"); return;
      case '\t': literal("\\t"); return;
      case '\b': literal("\\b"); return;
      case '\f': literal("\\f"); return;
      default:
        literal("\\u00");
        byte(kHex[static_cast<unsigned char>(c) >> 4]);
        byte(kHex[c & 15]);
    }
  }

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

void append_json_string(std::string_view text, std::string& out) {
  Writer writer(out);
  writer.byte('"');
  writer.escaped(text);
  writer.byte('"');
}

void append_value_json(ValueView value, std::string& out) {
  Writer writer(out);
  write_value(value, writer);
}

void append_item_json(ItemView item, std::string& out) {
  Writer writer(out);
  write_entries(item, writer);
}

}  // namespace brume::wire
