#include "weir/redis/settings.hpp"

#include <charconv>
#include <optional>

namespace weir::redis {
namespace {

std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned value = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    const auto [end, error] = std::from_chars(&text[i + 1], &text[i + 1] + 2, value, 16);
    if (error != std::errc() || end != &text[i + 1] + 2) return std::nullopt;
    out += static_cast<char>(value);
    i += 2;
  }
  return out;
}

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::string_view cut_before(std::string_view& rest, std::size_t at) {
  const std::string_view front = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  return front;
}

}  // namespace

result<settings, std::string> parse_url(std::string_view url) {
  constexpr std::string_view scheme = "redis://";
  if (!url.starts_with(scheme)) {
    return failure(std::string("a Redis URL begins with redis://, like redis://127.0.0.1:6379"));
  }
  std::string_view rest = url.substr(scheme.size());
  settings made;
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    std::string_view secret = cut_before(rest, at);
    const auto colon = secret.find(':');
    std::optional<std::string> user = std::string();
    if (colon != std::string_view::npos) user = decoded(cut_before(secret, colon));
    const auto password = decoded(secret);
    if (!user || !password) {
      return failure(std::string("the user or password is not percent-encoded correctly"));
    }
    made.username = *user;
    made.password = *password;
  }
  if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
    const std::string_view database = rest.substr(slash + 1);
    rest = rest.substr(0, slash);
    if (!database.empty()) {
      const auto index = number<unsigned short>(database);
      if (!index) return failure(std::string("the database after the / is a number, like /0"));
      made.database = *index;
    }
  }
  std::string_view port;
  if (rest.starts_with('[')) {
    const auto close = rest.find(']');
    if (close == std::string_view::npos) return failure(std::string("the [ has no ]"));
    made.host = rest.substr(1, close - 1);
    port = rest.substr(close + 1);
  } else {
    const auto colon = std::min(rest.find(':'), rest.size());
    made.host = rest.substr(0, colon);
    port = rest.substr(colon);
  }
  if (made.host.empty()) return failure(std::string("the URL names no host"));
  if (!port.empty()) {
    const auto value = port.front() == ':' ? number<std::uint16_t>(port.substr(1)) : std::nullopt;
    if (!value || *value == 0) return failure(std::string("the port is a number from 1 to 65535"));
    made.port = *value;
  }
  return made;
}

std::string describe(const settings& s) {
  const bool v6 = s.host.find(':') != std::string::npos;
  return (v6 ? '[' + s.host + ']' : s.host) + ':' + std::to_string(s.port) + '/' +
         std::to_string(s.database);
}

}  // namespace weir::redis
