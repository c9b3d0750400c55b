#include "dynamodb/operations.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "dynamodb/test_service.h"

namespace brume::dynamodb {
namespace {

TEST(Operations, AreOperationsOfTheModelInOrder) {
  store::testing::TemporaryStore store;
  SharedClock clock;
  SystemRandom random;
  cluster::testing::TestNode node(*store, clock);
  DynamoDb dynamodb(*store, store.pool(), clock, random, node.leases, {});
  service::Service service = dynamodb.service();
  for (std::size_t i = 0; i < service.operations.size(); ++i) {
    const service::Operation& row = service.operations[i];
    EXPECT_NE(service.model->operation(row.name), nullptr) << row.name;
    EXPECT_TRUE(row.handler) << row.name;
    if (i > 0) {
      EXPECT_LT(service.operations[i - 1].name, row.name);
    }
  }
}

}  // namespace
}  // namespace brume::dynamodb
