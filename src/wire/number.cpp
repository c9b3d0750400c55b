#include "wire/number.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

namespace brume::wire {
namespace {

constexpr int kMinExponent = -129;  // 1E-130 = 0.1 × 10^-129
constexpr int kMaxExponent = 126;   // 9.99…E+125
constexpr unsigned kZeroByte = 0x80;
constexpr int kExponentBias = 64;
constexpr std::size_t kMaxPairs = 20;

// Two digits at once: "00" … "99".
constexpr auto make_pair_texts() {
  std::array<char, 200> table{};
  for (int i = 0; i < 100; ++i) {
    table[2 * i] = static_cast<char>('0' + i / 10);
    table[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return table;
}
constexpr auto kPairTexts = make_pair_texts();

bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

/// `pairs` has neither a leading nor a trailing zero pair.
std::size_t write_ordered(char* to, bool negative, int exponent100, const std::uint8_t* pairs, std::size_t count) {
  const unsigned flip = negative ? 0xff : 0;
  to[0] = static_cast<char>((kZeroByte + static_cast<unsigned>(exponent100 + kExponentBias)) ^ flip);
  for (std::size_t i = 0; i < count; ++i)
    to[1 + i] = static_cast<char>((2u * pairs[i] + (i + 1 < count ? 1u : 0u)) ^ flip);
  return count + 1;
}

std::size_t write_zero(char* to) {
  to[0] = static_cast<char>(kZeroByte);
  to[1] = 0;
  return 2;
}

/// Up to 18 digits and a sign, nothing else: what most numbers are. 0 if `text` isn't that.
std::size_t encode_small_integer(std::string_view text, char* to) {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > 18) return 0;
  std::uint64_t value = 0;
  for (char c : text) {
    if (!is_digit(c)) return 0;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  if (value == 0) return write_zero(to);
  std::uint8_t pairs[10];
  std::size_t first = 10;
  for (; value != 0; value /= 100) pairs[--first] = static_cast<std::uint8_t>(value % 100);
  std::size_t count = 10 - first;
  const int exponent100 = static_cast<int>(count);
  while (pairs[first + count - 1] == 0) --count;
  return write_ordered(to, negative, exponent100, pairs + first, count);
}

/// A number taken apart, before it is judged.
struct Scanned {
  bool negative = false;
  std::int64_t exponent = 0;  ///< of 0.d1d2…
  std::size_t count = 0;      ///< significant digits, may exceed 38
  std::array<std::uint8_t, Number::kMaxDigits> digits{};
};

/// The exponent after 'e'; nullopt if malformed or beyond 64 bits.
std::optional<std::int64_t> scan_exponent(std::string_view text) {
  if (!text.empty() && text[0] == '+') {
    text.remove_prefix(1);
    if (text.empty() || !is_digit(text[0])) return std::nullopt;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool fits_32_bits(std::int64_t value) {
  return value >= std::numeric_limits<std::int32_t>::min() && value <= std::numeric_limits<std::int32_t>::max();
}

std::optional<Scanned> scan(std::string_view text, Exponents exponents) {
  Scanned out;
  std::size_t at = 0;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) out.negative = text[at++] == '-';
  bool point = false, any = false;
  std::int64_t fraction = 0;      // digits after the point
  std::int64_t before_point = 0;  // digits of the mantissa before the point, counted from the first non-zero one
  std::int64_t zeros = 0;         // zeros seen since the last non-zero digit: significant only if another follows
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.') {
      if (point) return std::nullopt;
      point = true;
      continue;
    }
    if (!is_digit(c)) break;
    any = true;
    if (point) ++fraction;
    if (c == '0') {
      if (out.count == 0) {
        if (point) --before_point;
        continue;
      }
      ++zeros;
    } else {
      for (; zeros > 0; --zeros, ++out.count)
        if (out.count < Number::kMaxDigits) out.digits[out.count] = 0;
      if (out.count < Number::kMaxDigits) out.digits[out.count] = static_cast<std::uint8_t>(c - '0');
      ++out.count;
    }
    if (!point) ++before_point;
  }
  if (!any) return std::nullopt;
  std::int64_t exponent = 0;
  if (at < text.size()) {
    if (text[at] != 'e' && text[at] != 'E') return std::nullopt;
    const auto scanned = scan_exponent(text.substr(at + 1));
    if (!scanned) return std::nullopt;
    exponent = *scanned;
  }
  if (exponents == Exponents::of_32_bits && !(fits_32_bits(exponent) && fits_32_bits(fraction - exponent)))
    return std::nullopt;
  // What is far outside the range stays so, whatever the mantissa's length; no sum leaves 64 bits.
  constexpr std::int64_t kFar = std::int64_t{1} << 40;
  exponent = std::clamp(exponent, -kFar, kFar);
  out.exponent = (out.count == 0 ? 1 - fraction : before_point) + exponent;
  if (exponents == Exponents::of_32_bits) out.exponent = static_cast<std::int32_t>(out.exponent);
  return out;
}

std::optional<NumberError> judge(std::int64_t exponent, std::size_t count) {
  if (exponent > kMaxExponent) return NumberError::overflow;
  if (exponent < kMinExponent) return NumberError::underflow;
  if (count > Number::kMaxDigits) return NumberError::too_many_digits;
  return std::nullopt;
}

}  // namespace

Number::Number(std::int64_t value) {
  if (value == 0) return;
  negative_ = value < 0;
  std::uint64_t rest = negative_ ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
  std::uint8_t reversed[20];
  int length = 0;
  for (; rest != 0; rest /= 10) reversed[length++] = static_cast<std::uint8_t>(rest % 10);
  exponent_ = static_cast<std::int16_t>(length);
  int last = 0;
  while (reversed[last] == 0) ++last;
  for (int i = length - 1; i >= last; --i) digits_[count_++] = reversed[i];
}

std::variant<Number, NumberError> Number::parse(std::string_view text, Exponents exponents) {
  const auto scanned = scan(text, exponents);
  if (!scanned) return NumberError::malformed;
  Number out;
  if (const auto error = judge(scanned->exponent, scanned->count)) return *error;
  if (scanned->count == 0) return out;
  out.negative_ = scanned->negative;
  out.exponent_ = static_cast<std::int16_t>(scanned->exponent);
  out.count_ = static_cast<std::uint8_t>(scanned->count);
  out.digits_ = scanned->digits;
  return out;
}

std::size_t Number::encode(char* to) const {
  if (is_zero()) return write_zero(to);
  // Pairs are aligned at the decimal point: an odd exponent puts the first digit alone into its pair.
  const bool alone = exponent_ % 2 != 0;
  const int exponent100 = (exponent_ + (exponent_ > 0 && alone ? 1 : 0)) / 2;
  std::uint8_t pairs[kMaxPairs];
  std::size_t count = 0;
  std::size_t at = 0;
  if (alone) pairs[count++] = digits_[at++];
  for (; at < count_; at += 2)
    pairs[count++] = static_cast<std::uint8_t>(digits_[at] * 10 + (at + 1 < count_ ? digits_[at + 1] : 0));
  return write_ordered(to, negative_, exponent100, pairs, count);
}

void Number::append_ordered(std::string& out) const {
  char bytes[kMaxOrderedBytes];
  out.append(bytes, encode(bytes));
}

std::optional<NumberError> Number::append_ordered_from_text(std::string_view text, std::string& out,
                                                            Exponents exponents) {
  char bytes[kMaxOrderedBytes];
  if (const std::size_t length = encode_small_integer(text, bytes)) {
    out.append(bytes, length);
    return std::nullopt;
  }
  const auto parsed = parse(text, exponents);
  if (const auto* error = std::get_if<NumberError>(&parsed)) return *error;
  std::get<Number>(parsed).append_ordered(out);
  return std::nullopt;
}

std::size_t Number::check_ordered(std::string_view bytes) {
  if (bytes.size() < 2) return 0;
  const unsigned flip = static_cast<unsigned char>(bytes[0]) < kZeroByte ? 0xff : 0;
  if (static_cast<unsigned char>(bytes[0]) == kZeroByte && bytes[1] == 0) return 2;
  for (std::size_t i = 1; i < bytes.size() && i <= kMaxPairs; ++i) {
    const unsigned code = static_cast<unsigned char>(bytes[i]) ^ flip;
    const unsigned pair = code / 2;
    if (pair > 99 || (i == 1 && pair == 0)) return 0;
    if (code % 2 != 0) continue;
    if (pair == 0) return 0;
    const unsigned first = (static_cast<unsigned char>(bytes[1]) ^ flip) / 2;
    const std::size_t digits = 2 * i - (first < 10 ? 1 : 0) - (pair % 10 == 0 ? 1 : 0);
    return digits <= kMaxDigits ? i + 1 : 0;
  }
  return 0;
}

std::optional<Number> Number::read_ordered(std::string_view& bytes) {
  const std::size_t length = check_ordered(bytes);
  if (length == 0) return std::nullopt;
  const std::string_view ordered = bytes.substr(0, length);
  bytes.remove_prefix(length);
  Number out;
  if (ordered[1] == 0 && static_cast<unsigned char>(ordered[0]) == kZeroByte) return out;
  out.negative_ = static_cast<unsigned char>(ordered[0]) < kZeroByte;
  const unsigned flip = out.negative_ ? 0xff : 0;
  const int exponent100 = static_cast<int>((static_cast<unsigned char>(ordered[0]) ^ flip) - kZeroByte) - kExponentBias;
  out.exponent_ = static_cast<std::int16_t>(2 * exponent100);
  for (std::size_t i = 1; i < length; ++i) {
    const auto pair = static_cast<std::uint8_t>((static_cast<unsigned char>(ordered[i]) ^ flip) / 2);
    if (i == 1 && pair < 10) {
      --out.exponent_;
    } else {
      out.digits_[out.count_++] = pair / 10;
    }
    if (i + 1 < length || pair % 10 != 0) out.digits_[out.count_++] = pair % 10;
  }
  return out;
}

char* Number::write_text_from_ordered(std::string_view ordered, char* to) {
  const auto first = static_cast<unsigned char>(ordered[0]);
  if (first == kZeroByte && ordered[1] == 0) {
    *to++ = '0';
    return to;
  }
  const unsigned flip = first < kZeroByte ? 0xff : 0;
  const int exponent100 = static_cast<int>((first ^ flip) - kZeroByte) - kExponentBias;
  const int pairs = static_cast<int>(ordered.size()) - 1;
  if (flip != 0) *to++ = '-';
  const auto put = [&](int i) {
    const unsigned code = static_cast<unsigned char>(ordered[static_cast<std::size_t>(i)]) ^ flip;
    std::memcpy(to, &kPairTexts[2 * (code / 2)], 2);
    to += 2;
  };
  char* start = to;
  int next = 1;
  if (exponent100 <= 0) {
    *to++ = '0';
  } else {
    for (; next <= pairs && next <= exponent100; ++next) put(next);
    if (*start == '0') {  // the first pair is 0d
      std::memmove(start, start + 1, static_cast<std::size_t>(to - start - 1));
      --to;
    }
    for (int i = pairs; i < exponent100; ++i, to += 2) std::memset(to, '0', 2);
  }
  if (next <= pairs) {
    *to++ = '.';
    for (int i = exponent100; i < 0; ++i, to += 2) std::memset(to, '0', 2);
    for (; next <= pairs; ++next) put(next);
    if (to[-1] == '0') --to;
  }
  return to;
}

void Number::append_text_from_ordered(std::string_view ordered, std::string& out) {
  char text[kMaxTextBytes];
  out.append(text, static_cast<std::size_t>(write_text_from_ordered(ordered, text) - text));
}

void Number::append_to(std::string& out) const {
  char bytes[kMaxOrderedBytes];
  append_text_from_ordered({bytes, encode(bytes)}, out);
}

std::string Number::to_string() const {
  std::string out;
  append_to(out);
  return out;
}

std::size_t Number::billed_bytes_of_ordered(std::string_view ordered) {
  const auto first = static_cast<unsigned char>(ordered[0]);
  if (first == kZeroByte && ordered[1] == 0) return 1;
  return ordered.size() + (first < kZeroByte ? 1 : 0);
}

std::size_t Number::billed_bytes() const {
  char bytes[kMaxOrderedBytes];
  return billed_bytes_of_ordered({bytes, encode(bytes)});
}

Number Number::negated() const {
  Number out = *this;
  out.negative_ = !is_zero() && !negative_;
  return out;
}

std::strong_ordering Number::operator<=>(const Number& other) const {
  const int sign = is_zero() ? 0 : negative_ ? -1 : 1;
  const int other_sign = other.is_zero() ? 0 : other.negative_ ? -1 : 1;
  if (sign != other_sign) return sign <=> other_sign;
  if (sign == 0) return std::strong_ordering::equal;
  auto magnitude = exponent_ <=> other.exponent_;
  if (magnitude == 0)
    magnitude = std::lexicographical_compare_three_way(digits_.begin(), digits_.begin() + count_, other.digits_.begin(),
                                                       other.digits_.begin() + other.count_);
  return sign > 0 ? magnitude : 0 <=> magnitude;
}

std::variant<Number, NumberError> Number::subtract(const Number& a, const Number& b) { return add(a, b.negated()); }

std::variant<Number, NumberError> Number::add(const Number& a, const Number& b) {
  if (a.is_zero()) return b;
  if (b.is_zero()) return a;
  // Both are laid out digit by digit over the decimal places that either of them uses, with one for a carry.
  const int top = std::max(a.exponent_, b.exponent_) + 1;
  const int bottom = std::min(a.exponent_ - a.count_, b.exponent_ - b.count_);
  const std::size_t width = static_cast<std::size_t>(top - bottom);
  std::array<std::int8_t, kMaxExponent - kMinExponent + kMaxDigits + 2> sum{};
  const auto put = [&](const Number& n, int sign) {
    std::size_t at = static_cast<std::size_t>(top - n.exponent_);
    for (std::size_t i = 0; i < n.count_; ++i, ++at) sum[at] = static_cast<std::int8_t>(sum[at] + sign * n.digits_[i]);
  };
  // The sum gets the sign of the operand with the greater magnitude, so it never borrows past the top.
  Number big = a, small = b;
  big.negative_ = small.negative_ = false;
  const bool negative = big < small ? b.negative_ : a.negative_;
  put(a, a.negative_ == negative ? 1 : -1);
  put(b, b.negative_ == negative ? 1 : -1);
  for (std::size_t i = width; i-- > 1;) {
    if (sum[i] >= 10) {
      sum[i] = static_cast<std::int8_t>(sum[i] - 10);
      ++sum[i - 1];
    } else if (sum[i] < 0) {
      sum[i] = static_cast<std::int8_t>(sum[i] + 10);
      --sum[i - 1];
    }
  }
  std::size_t first = 0, end = width;
  while (first < end && sum[first] == 0) ++first;
  while (end > first && sum[end - 1] == 0) --end;
  Number out;
  if (first == end) return out;
  if (const auto error = judge(top - static_cast<int>(first), end - first)) return *error;
  out.negative_ = negative;
  out.exponent_ = static_cast<std::int16_t>(top - static_cast<int>(first));
  out.count_ = static_cast<std::uint8_t>(end - first);
  for (std::size_t i = first; i < end; ++i) out.digits_[i - first] = static_cast<std::uint8_t>(sum[i]);
  return out;
}

}  // namespace brume::wire
