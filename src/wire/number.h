// DynamoDB numbers: exact decimals of up to 38 significant digits, magnitudes 1E-130 to 9.99…E+125, and 0.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace brume::wire {

/// Why a text is not a DynamoDB number.
enum class NumberError : std::uint8_t { malformed, too_many_digits, overflow, underflow };

/// A decimal in normal form: value = ±0.d1d2…dn × 10^exponent, d1 ≠ 0, dn ≠ 0; zero has no digits.
class Number {
 public:
  Number() = default;  ///< zero
  explicit Number(std::int64_t value);

  static std::variant<Number, NumberError> parse(std::string_view text);

  /// As AWS prints it: plain notation where AWS uses it, no trailing zeros, no leading plus.
  std::string to_string() const;
  void append_to(std::string& out) const;

  /// Exact sum and difference; an error if the result needs more than 38 digits or leaves the range.
  static std::variant<Number, NumberError> add(const Number& a, const Number& b);
  static std::variant<Number, NumberError> subtract(const Number& a, const Number& b);
  Number negated() const;

  bool is_zero() const { return count_ == 0; }
  bool is_negative() const { return negative_; }
  std::strong_ordering operator<=>(const Number& other) const;
  bool operator==(const Number& other) const;

  /// Bytes that AWS charges for it: about digits/2 + 1 (+1 if negative).
  std::size_t billed_bytes() const;

  /// Order-preserving and self-delimiting: bytes compare as the numbers do, and no encoding is a
  /// prefix of another. This is also the stored form (wire/item.h).
  void append_ordered(std::string& out) const;
  /// Reads one from the front of `bytes` and removes it there; nullopt if malformed.
  static std::optional<Number> read_ordered(std::string_view& bytes);

 private:
  bool negative_ = false;
  std::int16_t exponent_ = 0;
  std::uint8_t count_ = 0;                 ///< significant digits, 0…38
  std::array<std::uint8_t, 38> digits_{};  ///< most significant first
};

}  // namespace brume::wire
