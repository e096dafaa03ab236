#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "dns_channel.hpp"
#include "weir/io/loop.hpp"
#include "weir/io/resolver.hpp"

namespace weir::io {

// The SRV records that are asked for, and those known. `report` is scheduled when there is
// something to collect. Belongs to the loop's thread; the channel is closed before this goes.
class srv_lookups {
 public:
  using answer = resolver::srv_answer;

  srv_lookups(loop& on, deferred& report) : on_(on), report_(report) {}

  void resolve(dns_channel& dns, const std::string& name, time_point until,
               std::function<void(const answer&)> done);
  // Appends the calls that tell those who now have an answer.
  void collect(std::vector<std::function<void()>>& calls);

 private:
  struct query {
    query(srv_lookups& o, std::string n, std::function<void(const answer&)> d);
    void on_late();
    srv_lookups& owner;
    std::string name;
    std::function<void(const answer&)> done;  // empty: told
    bool finished = false;                    // c-ares is done with it
    bool late = false;
    answer found{failure(std::string())};
    duration life{};
    timer limit;
  };
  struct known {
    std::vector<srv_record> records;
    time_point until;
  };

  static void on_answer(void* context, int status, int, unsigned char* data, int length);

  loop& on_;
  deferred& report_;
  std::vector<std::unique_ptr<query>> queries_;
  std::unordered_map<std::string, known> cache_;  // no more than services that are followed
};

}  // namespace weir::io
