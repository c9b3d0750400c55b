// For tests that need what some hosts do not allow: namespaces, sandboxes, other users.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>

/// In a test's body or SetUp, on a host that allows no sandbox: skips, or fails where BRUME_REQUIRE_SANDBOX is set, as
/// ./test does: there a run without sandboxes would show nothing.
#define BRUME_SKIP_WITHOUT_SANDBOX(reason)                      \
  do {                                                          \
    if (std::getenv("BRUME_REQUIRE_SANDBOX")) FAIL() << reason; \
    GTEST_SKIP() << reason;                                     \
  } while (false)
