#include "wire/number.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace brume::wire {
namespace {

std::string canonical(std::string_view text) {
  const auto parsed = Number::parse(text);
  if (const auto* error = std::get_if<NumberError>(&parsed)) return "error " + std::to_string(static_cast<int>(*error));
  const Number number = std::get<Number>(parsed);
  // Every text goes through both ways of encoding it.
  std::string ordered, fast;
  number.append_ordered(ordered);
  EXPECT_FALSE(Number::append_ordered_from_text(text, fast)) << text;
  EXPECT_EQ(ordered, fast) << text;
  EXPECT_LE(ordered.size(), Number::kMaxOrderedBytes);
  EXPECT_EQ(Number::check_ordered(ordered), ordered.size()) << text;
  EXPECT_EQ(Number::check_ordered(ordered + "\x01\x02"), ordered.size()) << text;
  std::string_view left = ordered;
  const auto read = Number::read_ordered(left);
  EXPECT_TRUE(read && left.empty()) << text;
  EXPECT_EQ(*read, number) << text;
  return number.to_string();
}

NumberError error_of(std::string_view text) { return std::get<NumberError>(Number::parse(text)); }
Number number(std::string_view text) { return std::get<Number>(Number::parse(text)); }

TEST(Number, PrintsPlainWithoutNeedlessZeros) {
  EXPECT_EQ(canonical("0"), "0");
  EXPECT_EQ(canonical("-0"), "0");
  EXPECT_EQ(canonical("-0.000"), "0");
  EXPECT_EQ(canonical("+3"), "3");
  EXPECT_EQ(canonical("007"), "7");
  EXPECT_EQ(canonical("1.50"), "1.5");
  EXPECT_EQ(canonical("1."), "1");
  EXPECT_EQ(canonical(".123"), "0.123");
  EXPECT_EQ(canonical("1e2"), "100");
  EXPECT_EQ(canonical("1E+2"), "100");
  EXPECT_EQ(canonical("12e-1"), "1.2");
  EXPECT_EQ(canonical("-0015.789e6"), "-15789000");
  EXPECT_EQ(canonical("-17.4E37"), "-174" + std::string(36, '0'));
  EXPECT_EQ(canonical("100"), "100");
  EXPECT_EQ(canonical("1000"), "1000");
  EXPECT_EQ(canonical("0.001"), "0.001");
  EXPECT_EQ(canonical("0.0100"), "0.01");
  EXPECT_EQ(canonical("1001.0010"), "1001.001");
  EXPECT_EQ(canonical("999999999999999999"), "999999999999999999");
  EXPECT_EQ(canonical("-123456789012345678"), "-123456789012345678");
}

TEST(Number, KeepsThirtyEightDigitsAtTheEndsOfTheRange) {
  EXPECT_EQ(canonical("0000012345678901234567890123456789012345678"), "12345678901234567890123456789012345678");
  EXPECT_EQ(canonical("-00001.23456789012345678901234567890123456780000"), "-1.2345678901234567890123456789012345678");
  EXPECT_EQ(canonical("0009.99999999999999999999999999999999999990000e125"),
            std::string(38, '9') + std::string(88, '0'));
  EXPECT_EQ(canonical("0001.000e-130"), "0." + std::string(129, '0') + "1");
  EXPECT_EQ(canonical("-0001.000e-130"), "-0." + std::string(129, '0') + "1");
  EXPECT_EQ(canonical("9e125"), "9" + std::string(125, '0'));
}

TEST(Number, RefusesWhatAwsRefuses) {
  for (const char* text :
       {"",      "NaN",   "Infinity", "-Infinity", "dog", "-dog", " 1",    "1 ",    "0x10",
        "1e",    "1e+",   "--1",      "+-1",       ".",   "-",    "1.2.3", "1_000", "1e9223372036854775808",
        "1e+-1", "1e--1", "\xd9\xa1"})
    EXPECT_EQ(error_of(text), NumberError::malformed) << text;
  EXPECT_EQ(error_of("1e126"), NumberError::overflow);
  EXPECT_EQ(error_of("-11e125"), NumberError::overflow);
  EXPECT_EQ(error_of("1.0e100000000"), NumberError::overflow);
  EXPECT_EQ(error_of("1e99999999999"), NumberError::overflow);
  EXPECT_EQ(error_of("-1e9223372036854775807"), NumberError::overflow);
  EXPECT_EQ(error_of("1e-9223372036854775808"), NumberError::underflow);
  EXPECT_EQ(error_of("1e-131"), NumberError::underflow);
  EXPECT_EQ(error_of("0.9e-130"), NumberError::underflow);
  EXPECT_EQ(error_of("123456789012345678901234567890123456789"), NumberError::too_many_digits);
  EXPECT_EQ(error_of("-1.23456789012345678901234567890123456789"), NumberError::too_many_digits);
}

TEST(Number, JudgesZeroByItsExponent) {
  EXPECT_EQ(canonical("0e125"), "0");
  EXPECT_EQ(canonical("0e-130"), "0");
  EXPECT_EQ(canonical("0.00e-128"), "0");
  EXPECT_EQ(error_of("0e126"), NumberError::overflow);
  EXPECT_EQ(error_of("-0e-131"), NumberError::underflow);
  EXPECT_EQ(error_of("0.00e-129"), NumberError::underflow);
}

TEST(Number, ReadsExponentsOf32BitsAsABigDecimalDoes) {
  const auto error = [](std::string_view text) {
    std::string out;
    return Number::append_ordered_from_text(text, out, Exponents::of_32_bits);
  };
  for (const char* text : {"1e99999999999", "1e2147483648", "1e-2147483648", "1e-2147483649", "1.5e-2147483647"})
    EXPECT_EQ(error(text), NumberError::malformed) << text;
  EXPECT_EQ(error("1e2147483647"), NumberError::underflow);
  EXPECT_EQ(error("1e2147483646"), NumberError::overflow);
  EXPECT_EQ(error("1e126"), NumberError::overflow);
  EXPECT_EQ(error("1e125"), std::nullopt);
}

TEST(Number, TextThatFailsLeavesTheOutputAlone) {
  std::string out = "x";
  EXPECT_EQ(Number::append_ordered_from_text("abc", out), NumberError::malformed);
  EXPECT_EQ(out, "x");
}

TEST(Number, AddsAndSubtractsExactly) {
  const auto sum = [](std::string_view a, std::string_view b) {
    return std::get<Number>(Number::add(number(a), number(b))).to_string();
  };
  const auto difference = [](std::string_view a, std::string_view b) {
    return std::get<Number>(Number::subtract(number(a), number(b))).to_string();
  };
  EXPECT_EQ(sum("1", "10000000000000000000000"), "10000000000000000000001");
  EXPECT_EQ(difference("10000000000000000000000", "1"), "9999999999999999999999");
  EXPECT_EQ(sum("0.1", "0.2"), "0.3");
  EXPECT_EQ(difference("1", "1"), "0");
  EXPECT_EQ(difference("1", "3"), "-2");
  EXPECT_EQ(sum("-5", "3"), "-2");
  EXPECT_EQ(sum("99", "1"), "100");
  EXPECT_EQ(difference("0", "7"), "-7");
  EXPECT_EQ(sum("1e125", "0"), "1" + std::string(125, '0'));
}

TEST(Number, SumThatDoesNotFitIsAnError) {
  EXPECT_EQ(std::get<NumberError>(Number::add(number("9e125"), number("9e125"))), NumberError::overflow);
  EXPECT_EQ(std::get<NumberError>(Number::subtract(number("9e125"), number("-9e125"))), NumberError::overflow);
  EXPECT_EQ(std::get<NumberError>(Number::add(number("1e50"), number("1"))), NumberError::too_many_digits);
  EXPECT_EQ(std::get<NumberError>(Number::add(number("1e125"), number("-1e-130"))), NumberError::too_many_digits);
}

TEST(Number, SumsAgreeWithIntegerArithmetic) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    const auto a = static_cast<std::int64_t>(random() >> (1 + random() % 62)) * (random() % 2 == 0 ? 1 : -1) / 4;
    const auto b = static_cast<std::int64_t>(random() >> (1 + random() % 62)) * (random() % 2 == 0 ? 1 : -1) / 4;
    ASSERT_EQ(std::get<Number>(Number::add(Number(a), Number(b))).to_string(), std::to_string(a + b));
    ASSERT_EQ(std::get<Number>(Number::subtract(Number(a), Number(b))).to_string(), std::to_string(a - b));
    ASSERT_EQ(Number(a), number(std::to_string(a)));
  }
  EXPECT_EQ(Number(std::numeric_limits<std::int64_t>::min()).to_string(), "-9223372036854775808");
}

/// A number of few digits near 1, many or few, so that neighbours and equal values occur.
std::string random_text(std::mt19937_64& random) {
  std::string text = random() % 2 == 0 ? "-" : "";
  const int digits = static_cast<int>(random() % (random() % 4 == 0 ? 38 : 4)) + 1;
  for (int i = 0; i < digits; ++i) text += static_cast<char>('0' + random() % (random() % 2 == 0 ? 10 : 2));
  const int range = random() % 8 == 0 ? 80 : 4;
  return text + "e" + std::to_string(static_cast<int>(random() % static_cast<unsigned>(2 * range)) - range);
}

/// Reference: both as integers of a common scale, digit by digit.
int compare_texts(const std::string& a, const std::string& b) {
  const auto expand = [](std::string_view text) {
    const bool negative = text[0] == '-';
    if (negative) text.remove_prefix(1);
    const auto e = text.find('e');
    std::string digits(300, '0');
    const std::size_t shift = static_cast<std::size_t>(150 + std::stoi(std::string(text.substr(e + 1))));
    for (std::size_t i = 0; i < e; ++i) digits[300 - shift - e + i] = text[i];
    const bool zero = digits.find_first_not_of('0') == std::string::npos;
    return std::pair(zero ? 0 : negative ? -1 : 1, digits);
  };
  const auto [sign_a, digits_a] = expand(a);
  const auto [sign_b, digits_b] = expand(b);
  if (sign_a != sign_b) return sign_a < sign_b ? -1 : 1;
  return sign_a * digits_a.compare(digits_b) > 0 ? 1 : sign_a * digits_a.compare(digits_b) < 0 ? -1 : 0;
}

TEST(Number, EncodingSortsAsNumbersDoAndNoneBeginsAnother) {
  std::mt19937_64 random(20260101);
  for (int i = 0; i < 100000; ++i) {
    const std::string a = random_text(random), b = random_text(random);
    std::string bytes_a, bytes_b;
    number(a).append_ordered(bytes_a);
    number(b).append_ordered(bytes_b);
    const int expected = compare_texts(a, b);
    const int found = bytes_a.compare(bytes_b);
    ASSERT_EQ(found > 0 ? 1 : found < 0 ? -1 : 0, expected) << a << " " << b;
    const auto order = number(a) <=> number(b);
    ASSERT_EQ(order > 0 ? 1 : order < 0 ? -1 : 0, expected) << a << " " << b;
    if (expected != 0) {
      ASSERT_FALSE(bytes_a.starts_with(bytes_b) || bytes_b.starts_with(bytes_a)) << a << " " << b;
    }
  }
}

TEST(Number, RandomNumbersComeBack) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 20000; ++i) {
    const std::string text = random_text(random);
    const std::string printed = canonical(text);
    EXPECT_EQ(canonical(printed), printed) << text;
    EXPECT_EQ(number(printed), number(text)) << text;
  }
}

TEST(Number, BillsAboutHalfAByteADigit) {
  EXPECT_EQ(number("0").billed_bytes(), 1u);
  EXPECT_EQ(number("1").billed_bytes(), 2u);
  EXPECT_EQ(number("-1").billed_bytes(), 3u);
  EXPECT_EQ(number("12").billed_bytes(), 2u);
  EXPECT_EQ(number("1.2").billed_bytes(), 3u);
  EXPECT_EQ(number("123").billed_bytes(), 3u);
  EXPECT_EQ(number("12.3456").billed_bytes(), 4u);
  EXPECT_EQ(number("1e100").billed_bytes(), 2u);
  EXPECT_EQ(number("12345678901234567890123456789012345678").billed_bytes(), 20u);
}

TEST(Number, MalformedEncodingsAreRefused) {
  const auto length = [](std::initializer_list<int> bytes) {
    std::string text;
    for (int byte : bytes) text += static_cast<char>(byte);
    return Number::check_ordered(text);
  };
  EXPECT_EQ(length({}), 0u);
  EXPECT_EQ(length({0x80}), 0u);
  EXPECT_EQ(length({0xc1, 0x03}), 0u);              // more to come, but nothing comes
  EXPECT_EQ(length({0xc1, 0x00}), 0u);              // zero pair at the end
  EXPECT_EQ(length({0xc1, 0x01, 0x02}), 0u);        // zero pair at the front
  EXPECT_EQ(length({0xc1, 0xc8}), 0u);              // pair 100
  EXPECT_EQ(length({0xc1, 0x02}), 2u);
}

}  // namespace
}  // namespace brume::wire
