#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dns_channel.hpp"
#include "weir/io/address_cache.hpp"
#include "weir/io/loop.hpp"
#include "weir/io/resolver.hpp"

namespace weir::io {

// The addresses that are asked for, one query for all who want the same name, and those known.
// `report` is scheduled when there is something to collect. Belongs to the loop's thread; the
// channel is closed before this goes.
class host_lookups {
 public:
  using answer = resolver::answer;

  host_lookups(loop& on, deferred& report) : on_(on), report_(report) {}

  void resolve(dns_channel& dns, const std::string& host, std::uint16_t port, time_point until,
               std::function<void(const answer&)> done);
  // Appends the calls that tell those who now have an answer.
  void collect(std::vector<std::function<void()>>& calls);

 private:
  struct waiter {
    waiter(host_lookups& o, std::uint16_t p, std::function<void(const answer&)> d);
    void on_late();
    host_lookups& owner;
    std::uint16_t port;
    bool late = false;
    std::function<void(const answer&)> done;
    timer limit;
  };

  struct query {
    host_lookups* owner;
    std::string host;
    bool finished = false;  // c-ares is done with it
    answer found{failure(std::string())};
    duration life{};
    std::vector<std::unique_ptr<waiter>> waiters;
  };

  static void on_answer(void* context, int status, int, ares_addrinfo* info);

  loop& on_;
  deferred& report_;
  std::vector<std::unique_ptr<query>> queries_;
  address_cache cache_;
};

}  // namespace weir::io
