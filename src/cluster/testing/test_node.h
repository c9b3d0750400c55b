// For unit tests of services: a node on the test's store.
#pragma once

#include <string>

#include "base/random.h"
#include "cluster/leases.h"
#include "cluster/nodes.h"
#include "store/testing/temporary_store.h"

namespace brume::cluster::testing {

/// `alone`: what other nodes hold is taken as if they were dead. Else they live for ever: nobody beats by itself.
struct TestNode {
  TestNode(store::Store& store, const Clock& clock, std::string id = "test", bool alone = true)
      : nodes(store, clock, random, {.id = std::move(id), .address = "", .alone = alone}), leases(store, nodes) {
    store::testing::run_task(nodes.beat());
  }

  SystemRandom random;
  Nodes nodes;
  Leases leases;
};

}  // namespace brume::cluster::testing
