#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <new>

#include "unit/http/client_support.hpp"

// The sanitizers bring an operator new of their own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WEIR_COUNTS_ALLOCATIONS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WEIR_COUNTS_ALLOCATIONS 0
#endif
#endif
#ifndef WEIR_COUNTS_ALLOCATIONS
#define WEIR_COUNTS_ALLOCATIONS 1
#endif

#if WEIR_COUNTS_ALLOCATIONS

namespace {
thread_local std::size_t allocations = 0;
}

[[gnu::noinline]] void* operator new(std::size_t bytes) {
  ++allocations;
  if (void* p = std::malloc(bytes)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept {
  std::free(p);
}
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}

namespace weir::http {
namespace {

struct counter final : client_receiver {
  void on_head(const response_head&) override {}
  void on_body(std::string_view piece) override { bytes += piece.size(); }
  void on_end() override { ++ends; }
  void on_failed(client_error, std::string_view) override { ++failures; }
  std::size_t bytes = 0;
  int ends = 0;
  int failures = 0;
};

TEST_F(ClientPool, AllocatesNothingForAnExchangeOnAConnectionThatIsThere) {
  open();
  auto at = rested();
  constexpr std::string_view answer =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
  counter c;
  const auto once = [&] {
    pool->start(get("/products/1/inventory"), c);
    l.run_once(duration::zero());
    std::array<char, 1024> request;
    ASSERT_GT(::recv(at.get(), request.data(), request.size(), 0), 0);
    at.send(answer);
    const int before = c.ends;
    while (c.ends == before) l.run_once(std::chrono::milliseconds(100));
  };
  for (int i = 0; i < 3; ++i) once();
  const std::size_t before = allocations;
  for (int i = 0; i < 100; ++i) once();
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(c.ends, 103);
  EXPECT_EQ(c.failures, 0);
  EXPECT_EQ(pool->connections(), 1U);
}

}  // namespace
}  // namespace weir::http

#endif
