// What the documents show of the library, compiled and run as it stands there. The documents'
// check compares the two.

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <string>

#include "weir/asio.hpp"

namespace {

using namespace std::chrono_literals;
using text = std::string;

// Some service's client.
int fetched = 0;
weir::result<text> fetch(const text& url, weir::deadline = weir::deadline::never()) {
  ++fetched;
  if (url.empty()) return weir::failure(std::make_error_code(std::errc::host_unreachable));
  return "page of " + url;
}
boost::asio::awaitable<text> async_fetch(text url, weir::context&) {
  co_return "page of " + url;
}

const weir::circuit_options options{.name = "cutout"};

// clang-format off
text permit_of_one_call(weir::circuit_breaker& author, const text& url, const text& cached) {
  if (auto permit = author.try_acquire()) {            // a permit: first verdict wins; none, and no exception: ignored
    auto reply = fetch(url);
    reply ? permit->succeed() : permit->fail();
    return reply ? *reply : cached;
  } else {
    return cached;                                     // permit.error().retry_after says how long
  }
}

boost::asio::awaitable<void> all_of_it(text url, text cached, int& done) {
  weir::circuit_breaker author{{
      .name = "author",
      .trip = weir::failure_ratio{.ratio = 0.2, .within = 20s, .min_calls = 10},
      .open_for = 5s,
      .half_open = {.permits = 1}}};
  weir::retry_budget budget;                           // shared by all that hold it

  EXPECT_EQ(permit_of_one_call(author, url, cached), "page of u");

  auto policy = weir::pipeline(                        // outermost first; `a | b` says the same
      weir::fallback(cached),
      weir::retry{{.attempts = 3, .backoff = weir::exponential{50ms, 1s}, .budget = budget}},
      author,                                          // a cheap handle: copies share the circuit
      weir::timeout(300ms));

  auto a = policy.run([&](weir::context& c) { return fetch(url, c.deadline()); });   // a result, no throw
  EXPECT_EQ(*a, "page of u");

  auto get = [&](weir::context& c) { return async_fetch(url, c); };
  auto b = co_await policy.async_run(get);
  EXPECT_EQ(*b, "page of u");

  auto page = author.context([&] { return fetch(url); });  // an exception is classified, a normal end is ok
  EXPECT_EQ(*page, "page of u");

  auto guarded = weir::cutout(options, [](text of) { return fetch(of); });   // owns its breaker
  EXPECT_EQ(*guarded(url), "page of u");
  ++done;
}
// clang-format on

TEST(DocumentedSnippet, CompilesAndDoesWhatItSays) {
  fetched = 0;
  boost::asio::io_context io{1};
  int done = 0;
  boost::asio::co_spawn(io, all_of_it("u", "cached", done), boost::asio::detached);
  io.run();
  EXPECT_EQ(done, 1);
  EXPECT_EQ(fetched, 4);
  weir::circuit_breaker author{{.name = "author"}};
  EXPECT_EQ(permit_of_one_call(author, "", "cached"), "cached");
  author.force_open();
  EXPECT_EQ(permit_of_one_call(author, "u", "cached"), "cached");
}

// clang-format off
TEST(DocumentedSnippet, TestsMoveTimeByHand) {
  weir::manual_clock clock;
  weir::circuit_breaker author{{.name = "author", .trip = weir::failures_in_a_row{3},
                                .open_for = 5s, .time = &clock}};
  auto policy = weir::pipeline(weir::retry{{.attempts = 3, .backoff = 100ms}}, author);
  auto broken = [] { return std::make_error_code(std::errc::connection_refused); };

  EXPECT_FALSE(policy.run(broken, {.time = &clock}));              // three tries, no real waiting
  EXPECT_EQ(clock.now(), weir::manual_clock::start + 200ms);
  EXPECT_EQ(author.state(), weir::circuit_mode::open);
  clock.advance(5s);
  EXPECT_EQ(author.state(), weir::circuit_mode::half_open);
}
// clang-format on

}  // namespace
