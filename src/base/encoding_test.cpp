#include "base/encoding.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "base/random.h"

namespace brume {

TEST(Hex, RoundTripAndBadInput) {
  EXPECT_EQ(hex_encode(std::string_view("\x00\xff\x10", 3)), "00ff10");
  EXPECT_EQ(hex_decode("00FF10"), std::string("\x00\xff\x10", 3));
  EXPECT_FALSE(hex_decode("0"));
  EXPECT_FALSE(hex_decode("0g"));
}

TEST(Base64, Rfc4648Vectors) {
  const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : vectors) {
    EXPECT_EQ(base64_encode(plain), text);
    EXPECT_EQ(base64_decode(text), plain);
  }
}

TEST(Base64, RefusesWhatIsNotBase64) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "Z===", "====", "Zm9 ", "Zm9_", "Zm=v", "Zg==Zg=="})
    EXPECT_FALSE(base64_decode(text)) << text;
  std::string out = "kept";
  EXPECT_FALSE(base64_decode_append("Zm9*", out));
  EXPECT_EQ(out, "kept");
}

TEST(Percent, EncodesAllButUnreserved) {
  EXPECT_EQ(percent_encode("a b/ü~"), "a%20b%2F%C3%BC~");
  EXPECT_EQ(percent_encode("a/b", true), "a/b");
  EXPECT_EQ(percent_decode("a%20b%2f+%zz%"), "a b/+%zz%");
  EXPECT_EQ(percent_decode("a+b", true), "a b");
  EXPECT_EQ(percent_decode("%41"), "A");
}

TEST(Crypto, KnownDigests) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex_encode(hmac_sha256("key", "The quick brown fox jumps over the lazy dog")),
            "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
  EXPECT_EQ(hex_encode(md5("abc")), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(crc32("123456789"), 0xcbf43926u);
  EXPECT_TRUE(equal_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_constant_time("abc", "ab"));
}

TEST(Random, UuidHasVersionAndVariant) {
  SeededRandom random(1);
  for (int i = 0; i < 100; ++i) {
    const std::string id = random.uuid();
    ASSERT_EQ(id.size(), 36u);
    EXPECT_EQ(id[8], '-');
    EXPECT_EQ(id[13], '-');
    EXPECT_EQ(id[14], '4');
    EXPECT_EQ(id[18], '-');
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos) << id;
    EXPECT_EQ(id[23], '-');
  }
}

TEST(Random, TextUsesWholeAlphabet) {
  SystemRandom random;
  for (const auto alphabet : {kAccessKeyAlphabet, kRequestIdAlphabet, kUpperAlphanumeric}) {
    const std::string text = random.text(4001, alphabet);
    EXPECT_EQ(text.size(), 4001u);
    EXPECT_EQ(text.find_first_not_of(alphabet), text.npos);
    for (char c : alphabet) EXPECT_NE(text.find(c), std::string::npos) << c;
  }
  EXPECT_NE(random.uuid(), random.uuid());
}

}  // namespace brume
