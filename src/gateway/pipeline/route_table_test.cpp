#include "gateway/pipeline/route_table.h"

#include <gtest/gtest.h>

namespace brume::gateway {
namespace {

struct Defined {
  std::string_view path;
  std::string_view method;
};

/// Matches against routes 0, 1, 2 … and shows what came out: "2 id=7 …", or "none".
std::string matched(std::initializer_list<Defined> routes, std::string_view method, std::string_view path) {
  RouteTable table;
  int index = 0;
  for (const Defined& route : routes) table.add(route.path, route.method, index++);
  RouteTable::Match match = table.match(path, method);
  if (match.route == RouteTable::kNone) return match.parameters.empty() ? "none" : "parameters without a route";
  std::string out = std::to_string(match.route);
  for (const auto& [name, value] : match.parameters) out.append(" ").append(name).append("=").append(value);
  return out;
}

TEST(RouteTable, LiteralPrecedesParameterPrecedesGreedy) {
  std::initializer_list<Defined> routes = {
      {"/{proxy+}", "GET"}, {"/pets/{id}", "GET"}, {"/pets/cat", "GET"}, {"/pets", "GET"}};
  EXPECT_EQ(matched(routes, "GET", "/pets/cat"), "2");
  EXPECT_EQ(matched(routes, "GET", "/pets/7"), "1 id=7");
  EXPECT_EQ(matched(routes, "GET", "/pets/7/x"), "0 proxy=pets/7/x");
  EXPECT_EQ(matched(routes, "GET", "/pets"), "3");
  EXPECT_EQ(matched(routes, "GET", "/other"), "0 proxy=other");
}

TEST(RouteTable, MethodPrecedesAnyAtOneResource) {
  std::initializer_list<Defined> routes = {{"/a", "ANY"}, {"/a", "POST"}};
  EXPECT_EQ(matched(routes, "POST", "/a"), "1");
  EXPECT_EQ(matched(routes, "GET", "/a"), "0");
  EXPECT_EQ(matched(routes, "ANY", "/a"), "none");
  EXPECT_EQ(matched(routes, "TRACE", "/a"), "none");
  EXPECT_EQ(matched(routes, "get", "/a"), "none");
}

// As observed with AWS: a resource without the method gives way to a greedy one that has it; a resource
// with ANY keeps what a greedy one would have by name.
TEST(RouteTable, ResourceWithoutTheMethodGivesWay) {
  std::initializer_list<Defined> routes = {{"/test", "POST"}, {"/test/any", "ANY"}, {"/{proxy+}", "OPTIONS"}};
  EXPECT_EQ(matched(routes, "OPTIONS", "/test"), "2 proxy=test");
  EXPECT_EQ(matched(routes, "POST", "/test"), "0");
  EXPECT_EQ(matched(routes, "OPTIONS", "/test/any"), "1");
  EXPECT_EQ(matched(routes, "GET", "/test"), "none");
}

TEST(RouteTable, BranchThatEndsNowhereIsLeftAgain) {
  std::initializer_list<Defined> routes = {
      {"/part1", "GET"}, {"/{param+}", "GET"}, {"/part1/hard", "GET"}, {"/{x}/y/z", "GET"}};
  EXPECT_EQ(matched(routes, "GET", "/part1/hard"), "2");
  EXPECT_EQ(matched(routes, "GET", "/part1/random"), "1 param=part1/random");
  EXPECT_EQ(matched(routes, "GET", "/part1/y/z"), "3 x=part1");
  EXPECT_EQ(matched(routes, "GET", "/q/y/w"), "1 param=q/y/w");
}

TEST(RouteTable, SlashesAroundThePathDontCount) {
  std::initializer_list<Defined> routes = {{"/", "GET"}, {"/a", "GET"}, {"/b/{proxy+}", "GET"}};
  EXPECT_EQ(matched(routes, "GET", ""), "0");
  EXPECT_EQ(matched(routes, "GET", "/"), "0");
  EXPECT_EQ(matched(routes, "GET", "//"), "0");
  EXPECT_EQ(matched(routes, "GET", "/a/"), "1");
  EXPECT_EQ(matched(routes, "GET", "//a"), "1");
  EXPECT_EQ(matched(routes, "GET", "/b/x//y/"), "2 proxy=x//y");
  EXPECT_EQ(matched(routes, "GET", "/b"), "none");
  EXPECT_EQ(matched(routes, "GET", "/b/"), "none");
}

TEST(RouteTable, GreedyDoesNotMatchItsParentsRoot) {
  EXPECT_EQ(matched({{"/{proxy+}", "ANY"}}, "GET", "/"), "none");
  EXPECT_EQ(matched({{"/{proxy+}", "ANY"}}, "GET", "/x"), "0 proxy=x");
}

TEST(RouteTable, LiteralsAreFoundInEscapedPathsAndParametersStayEscaped) {
  std::initializer_list<Defined> routes = {{"/caf.e", "GET"}, {"/u/{mail}", "GET"}};
  EXPECT_EQ(matched(routes, "GET", "/caf%2Ee"), "0");
  EXPECT_EQ(matched(routes, "GET", "/u/a%2Bb@c"), "1 mail=a%2Bb@c");
}

TEST(RouteTable, ParameterNeedsASegment) { EXPECT_EQ(matched({{"/a/{x}/b", "GET"}}, "GET", "/a//b"), "none"); }

}  // namespace
}  // namespace brume::gateway
