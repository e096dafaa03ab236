#include "weir/upstream/consul_url.hpp"

#include <charconv>

namespace weir::upstream {

result<consul_settings, std::string> parse_consul_url(std::string_view url) {
  constexpr std::string_view plain = "http://";
  constexpr std::string_view secure = "https://";
  const auto wrong = [&](std::string_view why) {
    return failure("'" + std::string(url) + "': " + std::string(why) +
                   "; an agent's URL is like http://127.0.0.1:8500");
  };
  consul_settings made;
  std::string_view rest = url;
  if (rest.starts_with(secure)) {
    made.tls = true;
    made.port = 8501;
    rest.remove_prefix(secure.size());
  } else if (rest.starts_with(plain)) {
    rest.remove_prefix(plain.size());
  } else if (rest.find("://") != std::string_view::npos) {
    return wrong("neither http nor https");
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#@ ") != std::string_view::npos)
    return wrong("more than a host and a port");
  std::string_view port;
  if (rest.starts_with('[')) {
    const auto close = rest.find(']');
    if (close == std::string_view::npos) return wrong("the [ has no ]");
    made.host = rest.substr(1, close - 1);
    port = rest.substr(close + 1);
  } else {
    const auto colon = std::min(rest.find(':'), rest.size());
    made.host = rest.substr(0, colon);
    port = rest.substr(colon);
  }
  if (made.host.empty()) return wrong("no host");
  if (!port.empty()) {
    const char* const last = port.data() + port.size();
    const auto [end, error] = std::from_chars(port.data() + 1, last, made.port);
    if (port.front() != ':' || error != std::errc() || end != last || made.port == 0) {
      return wrong("the port is a number from 1 to 65535");
    }
  }
  made.authority = rest;
  return made;
}

}  // namespace weir::upstream
