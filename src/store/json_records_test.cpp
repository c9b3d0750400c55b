#include "store/json_records.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace brume::store {
namespace {

TEST(JsonRecords, ComeBackAsTheyWere) {
  const boost::json::object record{{"Name", "x"}, {"List", {1, 2}}};
  EXPECT_EQ(decode_record(encode_record(record)), record);
}

TEST(JsonRecords, DamageIsAnError) {
  const std::string good = encode_record({{"Name", "x"}});
  for (const std::string& bad : {std::string(), std::string(1, '\2') + good.substr(1), good.substr(0, good.size() - 1),
                                 good.substr(0, 1) + "[]"})
    EXPECT_THROW(decode_record(bad), StoreError) << bad;
}

}  // namespace
}  // namespace brume::store
