#include "systems/offers/offer.hpp"

#include "systems/stage/performance.hpp"

namespace weir::systems::offers {

bool offer::says(const std::string& words) const {
  const std::string before = "\"" + words + " ";
  if (status != 200 || !body.starts_with(before) || body.size() != before.size() + 6) {
    return false;
  }
  const std::string time = body.substr(before.size(), 5);
  const auto digit = [&](std::size_t i) { return time[i] >= '0' && time[i] <= '9'; };
  return digit(0) && digit(1) && time[2] == ':' && digit(3) && digit(4) && body.back() == '"';
}

std::string offer::in_short() const {
  return body + " in " + stage::milliseconds(took);
}

std::string circuit(const std::string& state, int failures) {
  return R"({"current_state":")" + state + R"(","fail_counter":)" + std::to_string(failures) + "}";
}

}  // namespace weir::systems::offers
