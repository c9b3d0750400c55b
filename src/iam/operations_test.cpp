#include <algorithm>

#include "iam/testing/iam_fixture.h"
#include "service/shape.h"

namespace brume::iam::testing {
namespace {

using Operations = IamTest;

TEST_F(Operations, AreAllInTheModelAndOnce) {
  for (const service::Service& service : {iam->iam_service(), iam->sts_service()}) {
    std::vector<std::string_view> seen;
    for (const service::Operation& row : service.operations) {
      EXPECT_NE(service.model->operation(row.name), nullptr) << row.name;
      EXPECT_EQ(std::count(seen.begin(), seen.end(), row.name), 0) << row.name;
      seen.push_back(row.name);
    }
  }
}

}  // namespace
}  // namespace brume::iam::testing
