// What the tests of expressions share.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>
#include <string_view>

#include "base/error.h"
#include "dynamodb/expression/context.h"
#include "wire/item_json.h"

namespace brume::dynamodb::expression_test {

inline std::string stored(std::string_view json) {
  simdjson::dom::parser parser;
  std::string out;
  wire::append_item_from_json(parser.parse(simdjson::padded_string(json)).value(), out);
  return out;
}

inline std::string json_of(std::string_view item) {
  std::string out;
  wire::append_item_json(wire::ItemView(item), out);
  return out;
}

/// ExpressionAttributeNames and …Values as JSON; "" for none.
struct Request {
  std::string_view names = "";
  std::string_view values = "";
};

inline void fill(ExpressionContext& context, const Request& request) {
  simdjson::dom::parser parser;
  if (!request.names.empty()) context.set_names(parser.parse(simdjson::padded_string(request.names)).value());
  if (!request.values.empty()) context.set_values(parser.parse(simdjson::padded_string(request.values)).value());
}

/// The text of the ValidationException that `run` throws; "none" if it throws nothing.
template <class Run>
std::string complaint_of(Run&& run) {
  try {
    run();
  } catch (const AwsError& error) {
    EXPECT_EQ(error.kind().code, "ValidationException") << error.message();
    return error.message();
  }
  return "none";
}

}  // namespace brume::dynamodb::expression_test
