#include "weir/base/unwinding.hpp"

#include <gtest/gtest.h>

#include <exception>
#include <stdexcept>
#include <thread>

namespace weir {
namespace {

struct looks_when_destroyed {
  unsigned& seen;
  ~looks_when_destroyed() {
    seen = exceptions_in_flight();
    EXPECT_EQ(static_cast<int>(seen), std::uncaught_exceptions());
  }
};

TEST(ExceptionsInFlight, AreTheStandardLibrarysCount) {
  EXPECT_EQ(exceptions_in_flight(), 0U);
  unsigned seen = 0;
  try {
    const looks_when_destroyed guard{seen};
    throw std::runtime_error("x");
  } catch (const std::runtime_error&) {
    EXPECT_EQ(exceptions_in_flight(), 0U);
  }
  EXPECT_EQ(seen, 1U);
}

TEST(ExceptionsInFlight, AreCountedForEachThread) {
  unsigned seen = 1;
  struct asks_a_thread {
    unsigned& seen;
    ~asks_a_thread() {
      std::thread([this] { seen = exceptions_in_flight(); }).join();
    }
  };
  try {
    const asks_a_thread guard{seen};
    throw std::runtime_error("x");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(seen, 0U);
}

}  // namespace
}  // namespace weir
