#include "service/refusal.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace brume::service {
namespace {

constexpr Refusal kRefused[] = {{"A", {}, "letters"}, {"B.C", {}, "more letters"}, {"D", "on", "switches"}};

std::string refused(std::string_view input) {
  return refused_member(kRefused, boost::json::parse(input).as_object()).value_or("");
}

TEST(Refusal, NamesTheFirstMemberThatMeansSomething) {
  EXPECT_EQ(refused(R"({"A":"x","D":"on"})"), "A (letters)");
  EXPECT_EQ(refused(R"({"A":{}})"), "A (letters)");
  EXPECT_EQ(refused(R"({"A":0})"), "A (letters)");
  EXPECT_EQ(refused(R"({"B":{"C":[1]}})"), "B.C (more letters)");
  EXPECT_EQ(refused(R"({"D":"on"})"), "D on (switches)");
}

TEST(Refusal, WhatMeansNothingIsNoReason) {
  for (const char* input : {"{}", R"({"A":""})", R"({"A":null})", R"({"A":false})", R"({"A":[]})", R"({"B":{"C":[]}})",
                            R"({"B":{}})", R"({"B":"C"})", R"({"B":null})", R"({"D":"off"})", R"({"D":true})"})
    EXPECT_EQ(refused(input), "") << input;
}

}  // namespace
}  // namespace brume::service
