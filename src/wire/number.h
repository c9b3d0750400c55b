// DynamoDB numbers: exact decimals of up to 38 significant digits, magnitudes 1E-130 to 9.99…E+125, and 0.
// Source: "Supported data types and naming rules", DynamoDB Developer Guide.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace brume::wire {

/// Why a text is not a DynamoDB number.
enum class NumberError : std::uint8_t { malformed, too_many_digits, overflow, underflow };

/// How far the exponent of a text is read before the number is judged. Both were measured on AWS: attribute values take
/// one of 64 bits; PartiQL reads literals and parameters as a Java BigDecimal, whose exponent and scale have 32 bits and
/// whose magnitude wraps round, so that 1e2147483647 underflows.
enum class Exponents : std::uint8_t { of_64_bits, of_32_bits };

/// A decimal in normal form: value = ±0.d1d2…dn × 10^exponent, d1 ≠ 0, dn ≠ 0; zero has no digits.
///
/// The ordered encoding, which is also the stored form, counts in base 100:
///
///   zero       80 00
///   positive   80 + (exponent + 64), then each pair p as 2p + 1, the last as 2p
///   negative   every byte of the positive one complemented
///
/// Bytes compare as the numbers do, no encoding is a prefix of another, and equal numbers have equal bytes.
/// Its length is at most kMaxOrderedBytes.
class Number {
 public:
  static constexpr std::size_t kMaxDigits = 38;
  static constexpr std::size_t kMaxOrderedBytes = 21;
  static constexpr std::size_t kMaxTextBytes = 176;

  Number() = default;  ///< zero
  explicit Number(std::int64_t value);

  /// Optional sign, digits with an optional point, optional exponent; leading and trailing zeros don't count. Zero is
  /// judged by the exponent that it is written with.
  static std::variant<Number, NumberError> parse(std::string_view text, Exponents exponents = Exponents::of_64_bits);

  /// As AWS prints it: plain notation at every magnitude, no trailing zeros, no leading plus.
  std::string to_string() const;
  void append_to(std::string& out) const;

  /// Exact sum and difference; an error if the result needs more than 38 digits or leaves the range.
  static std::variant<Number, NumberError> add(const Number& a, const Number& b);
  static std::variant<Number, NumberError> subtract(const Number& a, const Number& b);
  Number negated() const;

  bool is_zero() const { return count_ == 0; }
  bool is_negative() const { return negative_; }
  std::strong_ordering operator<=>(const Number& other) const;
  bool operator==(const Number& other) const { return (*this <=> other) == std::strong_ordering::equal; }

  /// Bytes that AWS charges for it: about digits/2 + 1 (+1 if negative).
  std::size_t billed_bytes() const;

  /// Order-preserving and self-delimiting: bytes compare as the numbers do, and no encoding is a
  /// prefix of another. This is also the stored form (wire/item.h).
  void append_ordered(std::string& out) const;
  /// Reads one from the front of `bytes` and removes it there; nullopt if malformed.
  static std::optional<Number> read_ordered(std::string_view& bytes);

  // The same without a Number between, for the hot paths. `ordered` is one well-formed encoding.

  /// Appends the ordered encoding of `text`; `out` is unchanged after an error.
  static std::optional<NumberError> append_ordered_from_text(std::string_view text, std::string& out,
                                                             Exponents exponents = Exponents::of_64_bits);
  static void append_text_from_ordered(std::string_view ordered, std::string& out);
  /// Writes at most kMaxTextBytes; returns where it ended.
  static char* write_text_from_ordered(std::string_view ordered, char* to);
  static std::size_t billed_bytes_of_ordered(std::string_view ordered);
  /// Length of the well-formed encoding at the front of `bytes`; 0 if there is none.
  static std::size_t check_ordered(std::string_view bytes);

 private:
  std::size_t encode(char* to) const;  ///< at most kMaxOrderedBytes

  bool negative_ = false;
  std::int16_t exponent_ = 0;
  std::uint8_t count_ = 0;  ///< significant digits, 0…38
  std::array<std::uint8_t, kMaxDigits> digits_{};  ///< most significant first
};

}  // namespace brume::wire
