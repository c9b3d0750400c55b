#include "net/websocket/message_deflate.h"

#include <gtest/gtest.h>

#include "net/websocket/extensions.h"

namespace brume::net {
namespace {

using Result = MessageInflater::Result;
using namespace std::string_view_literals;

std::string inflated(MessageInflater& inflater, std::string_view payload) {
  std::string out;
  EXPECT_EQ(inflater.add(payload, out, 1'000'000), Result::good);
  EXPECT_EQ(inflater.end(out, 1'000'000), Result::good);
  return out;
}

TEST(MessageInflater, ReadsTheExamplesOfTheRfc) {
  MessageInflater inflater(false);
  EXPECT_EQ(inflated(inflater, "\xf2\x48\xcd\xc9\xc9\x07\x00"sv), "Hello");
  EXPECT_EQ(inflated(inflater, "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"sv), "Hello")
      << "a block without compression";
  EXPECT_EQ(inflated(inflater, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"sv), "Hello") << "a final block";
  EXPECT_EQ(inflated(inflater, "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"sv), "Hello") << "two blocks";
  EXPECT_EQ(inflated(inflater, "\x00"sv), "") << "an empty message";
}

TEST(MessageInflater, RemembersTheMessagesBefore) {
  MessageInflater inflater(true);
  EXPECT_EQ(inflated(inflater, "\xf2\x48\xcd\xc9\xc9\x07\x00"sv), "Hello");
  EXPECT_EQ(inflated(inflater, "\xf2\x00\x11\x00\x00"sv), "Hello") << "refers to the one before";
  MessageInflater forgetful(false);
  EXPECT_EQ(inflated(forgetful, "\xf2\x48\xcd\xc9\xc9\x07\x00"sv), "Hello");
  std::string out;
  const Result first = forgetful.add("\xf2\x00\x11\x00\x00"sv, out, 100);
  EXPECT_TRUE(first == Result::malformed || forgetful.end(out, 100) == Result::malformed);
}

TEST(MessageInflater, StopsAtTheLimit) {
  MessageDeflater deflater(false, 15);
  const std::string bomb = deflater.deflate(std::string(50'000'000, 'x'));
  ASSERT_LT(bomb.size(), 300'000u);
  MessageInflater inflater(false);
  std::string out;
  EXPECT_EQ(inflater.add(bomb, out, 100'000), Result::too_long);
  EXPECT_LE(out.size(), 100'000u);
  EXPECT_LT(out.capacity(), 300'000u);
}

TEST(MessageInflater, SaysWhatIsMalformed) {
  MessageInflater inflater(false);
  std::string out;
  EXPECT_EQ(inflater.add("\xff\xff\xff\xff"sv, out, 1000), Result::malformed);
}

TEST(MessageDeflater, MakesWhatAnInflaterReads) {
  for (const bool remembers : {false, true}) {
    for (const int bits : {9, 12, 15}) {
      MessageDeflater deflater(remembers, bits);
      MessageInflater inflater(remembers);
      for (int i = 0; i < 5; ++i) {
        std::string message;
        for (int k = 0; k < 3000 * i; ++k) message += std::to_string(k * k % 977);
        EXPECT_EQ(inflated(inflater, deflater.deflate(message)), message) << remembers << bits << i;
        EXPECT_EQ(inflated(inflater, deflater.deflate("")), "");
      }
    }
  }
}

std::string answer_to(std::string_view offer, DeflatePolicy policy = DeflatePolicy::context) {
  const auto agreed = agree_on_deflate(offer, policy);
  return agreed ? agreed->answer : "declined";
}

TEST(Extensions, DeflateIsAgreedOn) {
  EXPECT_EQ(answer_to("permessage-deflate"), "permessage-deflate");
  EXPECT_EQ(answer_to("permessage-deflate; client_max_window_bits"), "permessage-deflate");
  EXPECT_EQ(answer_to("permessage-deflate; client_max_window_bits=10; server_max_window_bits=\"10\""),
            "permessage-deflate; server_max_window_bits=10");
  EXPECT_EQ(answer_to("x-webkit-deflate-frame, permessage-deflate; server_no_context_takeover"),
            "permessage-deflate; server_no_context_takeover");
  EXPECT_EQ(answer_to("permessage-deflate; client_no_context_takeover"),
            "permessage-deflate; client_no_context_takeover");
  EXPECT_EQ(answer_to("permessage-deflate", DeflatePolicy::each_message),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  EXPECT_EQ(answer_to("permessage-deflate", DeflatePolicy::off), "declined");
  EXPECT_EQ(agree_on_deflate("permessage-deflate; server_max_window_bits=11", DeflatePolicy::context)
                ->terms.server_window_bits,
            11);
}

TEST(Extensions, WhatCannotBeTakenIsDeclined) {
  for (const std::string_view offer :
       {"", "permessage-bzip2", "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=8", "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=09", "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; unknown", "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover", "permessage-deflate; ;",
        "permessage-deflate; client_max_window_bits=\"1", "permessage-deflate permessage-deflate"})
    EXPECT_EQ(answer_to(offer), "declined") << offer;
  EXPECT_EQ(answer_to("permessage-deflate; server_max_window_bits=8, permessage-deflate"), "permessage-deflate")
      << "the next offer is taken";
}

}  // namespace
}  // namespace brume::net
