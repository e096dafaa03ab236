#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "systems/stage/visitor.hpp"

namespace weir::stage {

// One circuit as the gateway's admin listener shows it.
struct circuit_view {
  std::string state;  // closed, open, half-open
  std::uint64_t failures = 0;
  std::string rule;  // what trips it: "5 failures within 10 s"
  duration time_to_probe{};
};

using circuit_views = std::map<std::string, circuit_view>;

circuit_views read_circuits(const answer& from);

// Asks for /circuits again and again, and remembers each circuit's states as they followed one
// another.
class circuit_watch {
 public:
  circuit_watch(io::loop& on, visitor& by, std::uint16_t admin_port, duration every);
  ~circuit_watch() { *alive_ = false; }
  circuit_watch(const circuit_watch&) = delete;
  circuit_watch& operator=(const circuit_watch&) = delete;

  void start() { look(); }
  circuit_views ask_now();  // runs the loop until the answer is there
  // "closed > open > half-open > closed"
  std::string path_of(const std::string& circuit) const;

 private:
  void look();
  void remember(const circuit_views& seen);
  question query() const;

  io::loop& loop_;
  visitor& visitor_;
  const std::uint16_t port_;
  const duration every_;
  io::timer timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for answers that come too late
  std::map<std::string, std::vector<std::string>> states_;
};

}  // namespace weir::stage
