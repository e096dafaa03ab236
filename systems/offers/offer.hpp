#pragma once

#include <string>

#include "systems/stage/visitor.hpp"

namespace weir::systems::offers {

// An offer as a visitor got it: a JSON string.
struct offer {
  offer() = default;
  explicit offer(const stage::answer& from)
      : status(from.status), body(from.body), took(from.took) {}

  bool hot() const { return says("Hot offer"); }
  bool cold() const { return says("Cold offer fallback"); }
  std::string in_short() const;  // "\"Hot offer 24:48\" in 1001 ms"

  int status = 0;
  std::string body;
  duration took{};

 private:
  // "Hot offer 24:48" behind the words: two digits, a colon, two digits.
  bool says(const std::string& words) const;
};

// What /offer/circuit says then.
std::string circuit(const std::string& state, int failures);

}  // namespace weir::systems::offers
