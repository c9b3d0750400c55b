#include "front/compression.h"

#include <gtest/gtest.h>

namespace brume::front {
namespace {

/// What AWS answered to each Accept-Encoding; its readings of what is not sound count too.
TEST(Compression, AcceptEncodingIsReadAsAwsReadsIt) {
  const std::pair<const char*, Coding> cases[] = {
      {"", Coding::identity},
      {"identity", Coding::identity},
      {"br", Coding::identity},
      {"zstd", Coding::identity},
      {"compress", Coding::identity},
      {"x-gzip", Coding::identity},
      {"gzip", Coding::gzip},
      {"deflate", Coding::deflate},
      {"gzip, deflate", Coding::gzip},
      {"br, identity, deflate, gzip", Coding::deflate},
      {"GZIP, identity", Coding::gzip},
      {"dog, gzip ,, cat", Coding::gzip},
      {"gzip;q=0.8, deflate;q=0.5", Coding::gzip},
      {"deflate;q=0.5, gzip;q=0.2", Coding::deflate},
      {"br, gzip;q=0, deflate; q = 0.5 , identity;q=0", Coding::deflate},
      {"*", Coding::gzip},
      {"*, deflate;q=0.5", Coding::gzip},
      {"*, deflate", Coding::deflate},
      {"*, identity", Coding::gzip},
      {"*, gzip;q=0.5", Coding::deflate},
      {"gzip ;q=0", Coding::identity},
      {"identity;q=0", Coding::identity},
      {"*;q=0", Coding::identity},
      {"*;q=0.5,identity", Coding::gzip},
      {"gzip;q=0.5,identity;q=0.8", Coding::gzip},
      {"br;q=0.8,identity;q=0.5,*;q=0", Coding::identity},
      {"\"gzip\"", Coding::identity},
      {"gzip br", Coding::identity},
      {"gzip:q=1", Coding::identity},
      {"deflate;q=0.5, gzip;q=31", Coding::gzip},
      {"gzip;q=31,deflate;q=51", Coding::gzip},
      {"deflate;q=0.5, gzip;q=1;q=0.2", Coding::gzip},
      {"deflate;q=0.5,gzip;q=0.", Coding::deflate},
      {"deflate;q=0.5,gzip;q=0.x", Coding::gzip},
      {"deflate;q=0.5,gzip;q=0. x", Coding::gzip},
      {"deflate;q=-0.5,gzip;q=0.2", Coding::gzip},
      {"gzip;q= 0;q=1", Coding::identity},
      {"gzip;q =0;q=1", Coding::gzip},
      {"gzip; q=0;q=1", Coding::identity},
      {"gzip;nq=0;q=1", Coding::identity},
      {"gzip;q=0, gzip;q=1", Coding::gzip},
      {"gzip;q=0, gzip;q=1, gzip;q=0", Coding::gzip},
      {"br,identity;q=0.5,gzip;q=0.0001", Coding::gzip},
      {"gzip;q=0.7, deflate;q=0.7, gzip;q=0.9, deflate;q=0.9", Coding::gzip},
      {",;=;q,*;q", Coding::gzip},
  };
  for (const auto& [header, expected] : cases) EXPECT_EQ(preferred_coding(header), expected) << header;
}

TEST(Compression, RoundTrip) {
  for (const Coding coding : {Coding::gzip, Coding::deflate})
    for (std::size_t size : {0u, 1u, 5000u, 3'000'000u}) {
      std::string text(size, 'x');
      for (std::size_t i = 0; i < size; i += 7) text[i] = static_cast<char>(i * 31);
      std::string out;
      EXPECT_EQ(inflate_body(coding, compress(coding, text), size, out), Inflated::whole);
      EXPECT_EQ(out, text);
    }
}

TEST(Compression, InflatingIsBounded) {
  const std::string bomb = compress(Coding::gzip, std::string(4 * 1024 * 1024, ' '));
  EXPECT_LT(bomb.size(), 32768u);
  std::string out;
  EXPECT_EQ(inflate_body(Coding::gzip, bomb, 1024 * 1024, out), Inflated::too_long);
  EXPECT_LE(out.size(), 1024u * 1024 + 16384);
  out.clear();
  EXPECT_EQ(inflate_body(Coding::gzip, bomb, 4 * 1024 * 1024, out), Inflated::whole);
  out.clear();
  // In members, too.
  EXPECT_EQ(inflate_body(Coding::gzip, bomb + bomb, 5 * 1024 * 1024, out), Inflated::too_long);
}

TEST(Compression, SeveralGzipMembersAreOneBodyAndAllElseIsDamaged) {
  const std::string one = compress(Coding::gzip, "{\"a\":"), two = compress(Coding::gzip, "1}");
  const auto outcome = [](Coding coding, const std::string& body) {
    std::string out;
    return inflate_body(coding, body, 1000, out);
  };
  std::string out;
  EXPECT_EQ(inflate_body(Coding::gzip, one + two, 1000, out), Inflated::whole);
  EXPECT_EQ(out, "{\"a\":1}");
  EXPECT_EQ(outcome(Coding::gzip, one + "junk"), Inflated::damaged);
  EXPECT_EQ(outcome(Coding::gzip, one + two.substr(0, two.size() - 1)), Inflated::damaged);
  EXPECT_EQ(outcome(Coding::gzip, one.substr(0, one.size() - 1)), Inflated::damaged);
  EXPECT_EQ(outcome(Coding::gzip, ""), Inflated::damaged);
  EXPECT_EQ(outcome(Coding::gzip, "{}"), Inflated::damaged);
  const std::string zlib = compress(Coding::deflate, "{}");
  EXPECT_EQ(outcome(Coding::deflate, zlib), Inflated::whole);
  EXPECT_EQ(outcome(Coding::deflate, zlib + zlib), Inflated::damaged);
  EXPECT_EQ(outcome(Coding::deflate, ""), Inflated::damaged);
  EXPECT_EQ(outcome(Coding::deflate, one), Inflated::damaged);
  EXPECT_EQ(outcome(Coding::gzip, zlib), Inflated::damaged);
}

}  // namespace
}  // namespace brume::front
