#include "systems/common/address.hpp"

#include <charconv>

namespace weir::systems {

result<io::address, std::string> parse_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon != std::string::npos) {
    std::string ip = text.substr(0, colon);
    if (ip.size() > 2 && ip.front() == '[' && ip.back() == ']') ip = ip.substr(1, ip.size() - 2);
    const char* const first = text.data() + colon + 1;
    const char* const last = text.data() + text.size();
    std::uint16_t port = 0;
    const auto [end, wrong] = std::from_chars(first, last, port);
    if (wrong == std::errc() && end == last && first != last) {
      if (auto made = io::address::parse(ip, port)) return *made;
    }
  }
  return failure("'" + text + "' is no address with a port, such as 127.0.0.1:8000");
}

}  // namespace weir::systems
