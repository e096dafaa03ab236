#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "schema_writer.hpp"
#include "weir/gateway/config/spelling.hpp"
#include "weir/gateway/config/types.hpp"

namespace weir::gateway::config {
namespace {

std::optional<std::uint16_t> read_port(std::string_view text) {
  unsigned number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || number > 65535) {
    return std::nullopt;
  }
  return static_cast<std::uint16_t>(number);
}

bool is_ipv4(const std::string& text) {
  in_addr a;
  return inet_pton(AF_INET, text.c_str(), &a) == 1;
}
bool is_ipv6(const std::string& text) {
  in6_addr a;
  return inet_pton(AF_INET6, text.c_str(), &a) == 1;
}

std::optional<listen_address> read_address(reader& r, const node& from) {
  const auto text = r.text(from, "an address like `127.0.0.1:9000`");
  if (!text) return std::nullopt;
  const std::size_t colon = text->rfind(':');
  const std::string usage = "; write it like `127.0.0.1:9000`, `0.0.0.0:80` or `[::]:9000`";
  if (colon == std::string::npos) {
    const bool port_alone = read_port(*text).has_value();
    r.error(from.where,
            port_alone ? "`" + from.text + "` is a port without an address; write `127.0.0.1:" +
                             *text + "` for this machine alone, `0.0.0.0:" + *text + "` for all"
                       : "`" + from.text + "` has no port" + usage);
    return std::nullopt;
  }
  listen_address a;
  a.where = from.where;
  a.ip = text->substr(0, colon);
  const auto port = read_port(std::string_view(*text).substr(colon + 1));
  if (!port) {
    r.error(from.where, "`" + from.text + "` has no port from 0 to 65535" + usage);
    return std::nullopt;
  }
  a.port = *port;
  const bool brackets = a.ip.size() > 2 && a.ip.front() == '[' && a.ip.back() == ']';
  if (brackets) a.ip = a.ip.substr(1, a.ip.size() - 2);
  if (a.ip == "localhost" && !brackets) a.ip = "127.0.0.1";
  if (brackets ? !is_ipv6(a.ip) : !is_ipv4(a.ip)) {
    r.error(from.where, "`" + from.text + "` is no numeric address with a port" + usage);
    return std::nullopt;
  }
  return a;
}

class addresses_type final : public type<std::vector<listen_address>> {
 public:
  std::optional<std::vector<listen_address>> read(reader& r, const node& from) const override {
    std::vector<listen_address> out;
    const auto take = [&](const node& n) {
      auto a = read_address(r, n);
      if (!a) return;
      const bool twice = a->port != 0 && std::any_of(out.begin(), out.end(), [&](const auto& b) {
                           return b.ip == a->ip && b.port == a->port;
                         });
      if (twice) {
        r.error(n.where, "`" + n.text + "` is here twice; take one out");
        return;
      }
      out.push_back(std::move(*a));
    };
    if (from.is_list()) {
      for (const node& item : from.items) take(item);
      if (from.items.empty()) r.error(from.where, "this list is empty; give one address at least");
    } else {
      take(from);
    }
    if (out.empty()) return std::nullopt;
    return out;
  }
  std::string word() const override { return "address with a port, or a list of them"; }
  void schema(schema_writer& to) const override {
    to.one_or_list([](schema_writer& w) { w.text(); });
  }
};

class address_or_off_type final : public type<switchable<listen_address>> {
 public:
  std::optional<switchable<listen_address>> read(reader& r, const node& from) const override {
    const auto text = r.text(from, "an address like `127.0.0.1:9901`, or `off`");
    if (!text) return std::nullopt;
    if (*text == "off") return switchable<listen_address>{};
    auto a = read_address(r, from);
    if (!a) return std::nullopt;
    return switchable<listen_address>{std::move(a)};
  }
  std::string word() const override { return "address with a port, or `off`"; }
  void schema(schema_writer& to) const override { to.text(); }
};

class networks_type final : public type<std::vector<network_block>> {
 public:
  std::optional<std::vector<network_block>> read(reader& r, const node& from) const override {
    if (!from.is_list()) {
      r.error(from.where, "expected a list of networks like `[10.0.0.0/8, 127.0.0.1]`");
      return std::nullopt;
    }
    std::vector<network_block> out;
    for (const node& item : from.items) {
      const auto text = r.text(item, "a network like `10.0.0.0/8`");
      if (!text) continue;
      if (auto block = read_block(*text)) {
        out.push_back(*block);
      } else {
        r.error(
            item.where,
            "`" + item.text +
                "` is no network; write an address, or a block like `10.0.0.0/8` or `fd00::/8`");
      }
    }
    return out;
  }
  std::string word() const override { return "list of networks"; }
  void schema(schema_writer& to) const override {
    to.list([](schema_writer& w) { w.text(); });
  }

 private:
  static std::optional<network_block> read_block(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string ip(text.substr(0, slash));
    network_block block;
    unsigned most = 128;
    in_addr v4;
    if (inet_pton(AF_INET, ip.c_str(), &v4) == 1) {
      most = 32;
      block.bytes[10] = block.bytes[11] = 0xff;
      std::memcpy(block.bytes.data() + 12, &v4, 4);
    } else if (inet_pton(AF_INET6, ip.c_str(), block.bytes.data()) != 1) {
      return std::nullopt;
    }
    unsigned prefix = most;
    if (slash != std::string_view::npos) {
      const std::string_view digits = text.substr(slash + 1);
      const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
      if (digits.empty() || parsed.ec != std::errc() ||
          parsed.ptr != digits.data() + digits.size() || prefix > most) {
        return std::nullopt;
      }
    }
    block.prefix = static_cast<std::uint8_t>(prefix + (128 - most));
    return block;
  }
};

class url_type final : public type<config::url> {
 public:
  std::optional<config::url> read(reader& r, const node& from) const override {
    const auto text = r.text(from, "a URL like `http://127.0.0.1:8000`");
    if (!text) return std::nullopt;
    std::string_view rest = *text;
    config::url u;
    const auto wrong = [&](const std::string& why) {
      r.error(from.where, why);
      return std::nullopt;
    };
    if (rest.starts_with("http://")) {
      rest.remove_prefix(7);
    } else if (rest.starts_with("https://")) {
      rest.remove_prefix(8);
      u.tls = true;
      u.port = 443;
    } else {
      const std::size_t scheme = rest.find("://");
      if (scheme != std::string_view::npos) {
        return wrong("`" + std::string(rest.substr(0, scheme)) +
                     "` is no scheme weir can speak; write `http://` or `https://`");
      }
      return wrong("a service's URL begins with its scheme; write `http://" + from.text + "`");
    }
    const std::size_t end = rest.find_first_of("/?#");
    std::string_view authority = rest.substr(0, end);
    std::string_view path = end == std::string_view::npos ? std::string_view() : rest.substr(end);
    if (authority.find('@') != std::string_view::npos) {
      return wrong(
          "a URL holds no user and password here; send them as `headers: {Authorization: …}`");
    }
    if (path.find_first_of("?#") != std::string_view::npos) {
      return wrong("a service's URL ends with its path; give a query where the service is called");
    }
    std::string_view host = authority;
    std::string_view port;
    if (authority.starts_with('[')) {
      const std::size_t close = authority.find(']');
      if (close == std::string_view::npos)
        return wrong("the `[` of the address is not closed; write it like `http://[::1]:8000`");
      host = authority.substr(1, close - 1);
      port = authority.substr(close + 1);
      if (!is_ipv6(std::string(host)))
        return wrong("`" + std::string(host) +
                     "` is no IPv6 address; write it like `http://[::1]:8000`");
    } else if (const std::size_t colon = authority.find(':'); colon != std::string_view::npos) {
      host = authority.substr(0, colon);
      port = authority.substr(colon);
    }
    if (!port.empty()) {
      const auto number = port[0] == ':' ? read_port(port.substr(1)) : std::nullopt;
      if (!number || *number == 0) {
        return wrong(
            "the URL has no port from 1 to 65535 behind its `:`; write it like "
            "`http://127.0.0.1:8000`");
      }
      u.port = *number;
    }
    if (host.empty()) return wrong("the URL has no host; write it like `http://127.0.0.1:8000`");
    if (!authority.starts_with('[') && !is_host(host)) {
      return wrong("`" + std::string(host) + "` is no host name; use letters, digits, `-` and `.`");
    }
    u.host = std::string(host);
    u.authority = std::string(authority);
    while (path.ends_with('/')) path.remove_suffix(1);
    const auto encoded = encode_path(path);
    if (!encoded)
      return wrong(
          "a `%` in the URL is not followed by two hexadecimal digits; write `%25` for the sign "
          "itself");
    if (leaves_segment(*encoded))
      return wrong("`.` and `..` have no meaning in a service's URL; write the path they lead to");
    u.base_path = *encoded;
    return u;
  }
  std::string word() const override { return "URL"; }
  void schema(schema_writer& to) const override { to.text(); }

 private:
  static bool is_host(std::string_view text) noexcept {
    return text.size() <= 253 && std::all_of(text.begin(), text.end(), [](char c) {
             return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '.' || c == '_';
           });
  }
};

class origins_type final : public type<std::vector<std::string>> {
 public:
  std::optional<std::vector<std::string>> read(reader& r, const node& from) const override {
    std::vector<std::string> out;
    const auto take = [&](const node& n) {
      const auto text = r.text(n, "an origin like `https://shop.example`, or `*`");
      if (!text) return;
      const std::size_t scheme = text->find("://");
      const bool fits =
          *text == "*" || (scheme != std::string::npos &&
                           text->find_first_of("/ \"\r\n,", scheme + 3) == std::string::npos &&
                           text->size() > scheme + 3);
      if (!fits) {
        r.error(n.where, "`" + n.text +
                             "` is no origin; write scheme, host and port alone, like "
                             "`https://shop.example`, or `\"*\"`");
        return;
      }
      out.push_back(*text);
    };
    if (from.is_list()) {
      for (const node& item : from.items) take(item);
    } else {
      take(from);
    }
    return out;
  }
  std::string word() const override { return "origin, or list of origins"; }
  void schema(schema_writer& to) const override {
    to.one_or_list([](schema_writer& w) { w.text(); });
  }
};

}  // namespace

namespace types {

const type<std::vector<listen_address>>& addresses() {
  static const addresses_type t;
  return t;
}
const type<switchable<listen_address>>& address_or_off() {
  static const address_or_off_type t;
  return t;
}
const type<std::vector<network_block>>& networks() {
  static const networks_type t;
  return t;
}
const type<config::url>& service_url() {
  static const url_type t;
  return t;
}
const type<std::vector<std::string>>& origins() {
  static const origins_type t;
  return t;
}

}  // namespace types
}  // namespace weir::gateway::config
