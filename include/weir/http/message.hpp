#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace weir::http {

enum class method : std::uint8_t {
  get,
  head,
  post,
  put,
  delete_,
  patch,
  options,
  connect,
  trace,
  other
};

std::string_view to_string(method m) noexcept;
method parse_method(std::string_view token) noexcept;  // case-sensitive, as the protocol says
constexpr bool is_idempotent(method m) noexcept {
  return m == method::get || m == method::head || m == method::put || m == method::delete_ ||
         m == method::options || m == method::trace;
}

struct field {
  std::string_view name;   // as sent; compare with iequals
  std::string_view value;  // without the white space around it
};

namespace detail {
bool iequals_of_one_length(std::string_view a, std::string_view b) noexcept;
}
// Most names differ in their length already: that is asked inline.
inline bool iequals(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && detail::iequals_of_one_length(a, b);
}

// The fields of a message in the order they came. A view: the bytes belong to whoever parsed them.
class fields {
 public:
  fields() = default;
  explicit fields(std::span<const field> all) noexcept : all_(all) {}
  auto begin() const noexcept { return all_.begin(); }
  auto end() const noexcept { return all_.end(); }
  std::size_t size() const noexcept { return all_.size(); }
  std::optional<std::string_view> find(
      std::string_view name) const noexcept;  // the first of that name
  std::size_t count(std::string_view name) const noexcept;

 private:
  std::span<const field> all_;
};

// A request's head as parsed and judged sound. Views into the connection's buffer: valid until the
// exchange ends.
struct request_head {
  http::method verb = http::method::other;
  std::string_view verb_token;
  std::string_view target;  // as sent (origin-form; the absolute form is split into host and this)
  std::string_view path;    // target up to '?', still encoded
  std::string_view query;   // behind '?', without it; still encoded
  bool has_query = false;
  std::string_view host;  // Host, or the authority of an absolute form
  http::fields fields;
  std::uint8_t minor_version = 1;  // HTTP/1.x
  bool keep_alive = true;
  bool has_body = false;  // a length above 0, or chunked
  bool chunked = false;
  std::optional<std::uint64_t> content_length;
  bool expects_continue = false;
};

struct response_head {
  int status = 0;
  std::string_view reason;
  http::fields fields;
  std::uint8_t minor_version = 1;
  bool keep_alive = true;
  bool chunked = false;
  std::optional<std::uint64_t> content_length;  // as framed: none when chunked or until close
  bool has_body = true;                         // false for HEAD, 204, 304 and 1xx
};

// Those that a server answers, as Allow lists them.
inline constexpr std::string_view known_methods = "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS";

std::string_view reason_phrase(int status) noexcept;

// Whether a field belongs to the hop and not to the message (RFC 9110 7.6.1), so that no proxy
// passes it on. `connection_value` is the message's own Connection field; fields it names are
// hop-by-hop as well, except those that must never be stripped (Host, Authorization,
// Content-Length, …).
bool is_hop_by_hop(std::string_view name, std::string_view connection_value) noexcept;
// The same, with every Connection field of the message.
bool is_hop_by_hop(std::string_view name, const fields& all) noexcept;

// The same for one name of a head after the other: nearly all have one Connection at most.
class hop_by_hop {
 public:
  explicit hop_by_hop(const fields& all) noexcept
      : all_(all),
        only_(all.find("connection").value_or("")),
        several_(all.count("connection") > 1) {}
  bool operator()(std::string_view name) const noexcept {
    return several_ ? is_hop_by_hop(name, all_) : is_hop_by_hop(name, only_);
  }

 private:
  fields all_;
  std::string_view only_;
  bool several_;
};

}  // namespace weir::http
