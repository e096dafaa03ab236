#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weir/base/result.hpp"
#include "weir/io/address.hpp"
#include "weir/io/loop.hpp"

namespace weir::io {

// Names to addresses by c-ares on the loop, hosts file included; answers are kept for their time to
// live (bounded to 1 s … 5 min). Numeric addresses answer at once. One for each loop.
class resolver {
 public:
  using answer = result<std::vector<address>, std::string>;
  explicit resolver(loop& on);
  ~resolver();
  // `done` runs on the loop, possibly before resolve() returns.
  void resolve(const std::string& host, std::uint16_t port, time_point until,
               std::function<void(const answer&)> done);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace weir::io
