#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weir/base/result.hpp"
#include "weir/io/address.hpp"
#include "weir/io/loop.hpp"

namespace weir::io {

// Where a service is, as DNS says it (RFC 2782).
struct srv_record {
  std::string target;
  std::uint16_t port = 0;
  std::uint16_t priority = 0;  // the lowest is meant first
  std::uint16_t weight = 0;
};

// Names to addresses by c-ares on the loop, hosts file included; answers are kept for their time to
// live (bounded to 1 s … 5 min, and 4096 names). Lookups of one name at the same time share one
// query. Numeric addresses answer at once. One for each loop. Destroying it drops what waits,
// without calls.
class resolver {
 public:
  using answer = result<std::vector<address>, std::string>;

  // Throws std::runtime_error when c-ares cannot start.
  explicit resolver(loop& on);
  // Asks these DNS servers instead of the system's, for tests: "127.0.0.1:5353,[::1]:53".
  resolver(loop& on, const std::string& servers);
  ~resolver();

  using srv_answer = result<std::vector<srv_record>, std::string>;

  // `done` runs once on the loop, possibly before resolve() returns, and may destroy the resolver.
  void resolve(const std::string& host, std::uint16_t port, time_point until,
               std::function<void(const answer&)> done);
  // The SRV records of a name, likewise.
  void resolve_srv(const std::string& name, time_point until,
                   std::function<void(const srv_answer&)> done);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace weir::io
