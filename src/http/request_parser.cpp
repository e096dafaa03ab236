#include <algorithm>
#include <cstring>

#include "authority.hpp"
#include "head_lines.hpp"
#include "weir/http/parser.hpp"

namespace weir::http {
namespace {

using detail::line_error;
using outcome = parse_result::outcome;

// Beside the target: the longest method, two spaces, the version, and some slack.
constexpr std::size_t line_overhead = 32;

parse_result failed(line_error why) noexcept {
  return {.state = outcome::error, .status = why.status, .detail = why.detail};
}

line_error judge_version(std::string_view version) noexcept {
  if (version.size() != 8 || !version.starts_with("HTTP/") || version[6] != '.' ||
      !detail::is_digit(static_cast<unsigned char>(version[5])) ||
      !detail::is_digit(static_cast<unsigned char>(version[7])) || version == "HTTP/0.9") {
    return {400, "the request line is malformed"};
  }
  return {505, "this HTTP version is not supported"};
}

// The request line at `p`; gives what follows it, or null with `why` set.
const char* read_request_line(const char* p, const char* end, request_head& into,
                              line_error& why) noexcept {
  const char* const begin = p;
  p = detail::skip_token(p, end);
  if (p == end || *p != ' ') [[unlikely]] {
    why = {400, "the request line is malformed"};
    return nullptr;
  }
  into.verb_token = {begin, static_cast<std::size_t>(p - begin)};
  const char* const target = ++p;
  const char* question = nullptr;
  p = detail::skip_target(p, end, question);
  into.target = {target, static_cast<std::size_t>(p - target)};
  if (p == end || *p != ' ' || p == target) [[unlikely]] {
    why = p != end && *p == '#' ? line_error{400, "the request target has a fragment"}
          : p != end && *p == '\r' && p != target
              ? line_error{400, "the request line has no version"}  // HTTP/0.9
              : line_error{400, "the request target is malformed"};
    return nullptr;
  }
  into.has_query = question != nullptr;
  const char* const path_end = question != nullptr ? question : p;
  into.path = {target, static_cast<std::size_t>(path_end - target)};
  into.query = question != nullptr
                   ? std::string_view(question + 1, static_cast<std::size_t>(p - question - 1))
                   : std::string_view();
  ++p;
  if (end - p >= 10 && std::memcmp(p, "HTTP/1.", 7) == 0 && (p[7] == '1' || p[7] == '0') &&
      p[8] == '\r' && p[9] == '\n') [[likely]] {
    into.minor_version = static_cast<std::uint8_t>(p[7] - '0');
    return p + 10;
  }
  const void* feed = std::memchr(p, '\n', static_cast<std::size_t>(end - p));
  if (feed == nullptr) return nullptr;
  std::string_view version(p, static_cast<std::size_t>(static_cast<const char*>(feed) - p));
  if (!version.ends_with('\r')) {
    why = {400, "a line ends without a carriage return"};
    return nullptr;
  }
  version.remove_suffix(1);
  why = judge_version(version);
  return nullptr;
}

// RFC 9112 3.2. The absolute form is taken apart, and its authority stands for the Host.
line_error judge_target(request_head& into, std::string_view& authority) noexcept {
  const std::string_view target = into.target;
  if (target.front() == '/') return {};
  if (into.verb == method::connect) return {};  // authority-form; refused below for its method
  if (target == "*") {
    if (into.verb == method::options) return {};
    return {400, "the target * is for OPTIONS alone"};
  }
  const auto scheme_end = target.find("://");
  const std::string_view scheme = target.substr(0, scheme_end);
  if (scheme_end == std::string_view::npos ||
      !(iequals(scheme, "http") || iequals(scheme, "https"))) {
    return {400, "the request target does not start with a slash"};
  }
  const std::string_view rest = target.substr(scheme_end + 3);
  const auto authority_end = std::min(rest.find_first_of("/?"), rest.size());
  authority = rest.substr(0, authority_end);
  if (!detail::is_authority(authority)) return {400, "the request target's authority is malformed"};
  std::string_view local = rest.substr(authority_end);
  if (local.empty()) {
    local = into.verb == method::options ? "*" : "/";
  } else if (local.front() == '?') {
    return {400, "the request target has a query and no path"};
  }
  into.target = local;
  into.path = local.substr(0, local.find('?'));
  return {};
}

line_error judge(request_head& into, std::span<const field> all) noexcept {
  std::string_view authority;
  if (const auto why = judge_target(into, authority)) return why;
  detail::framing frame;
  if (const auto why = detail::read_framing(all, into.minor_version, frame)) return why;
  if (frame.hosts > 1) return {400, "there is more than one Host"};
  if (frame.hosts == 0 && into.minor_version >= 1) return {400, "there is no Host"};
  if (frame.hosts == 1 && !detail::is_authority(frame.host)) return {400, "Host is malformed"};
  if (frame.connection_malformed) return {400, "Connection is malformed"};
  into.host = authority.empty() ? frame.host : authority;
  into.fields = fields(all);
  into.chunked = frame.chunked;
  into.content_length = frame.content_length;
  into.has_body = frame.chunked || frame.content_length.value_or(0) > 0;
  into.keep_alive = !frame.close && (into.minor_version >= 1 || frame.keep_alive);
  into.expects_continue = false;
  if (into.verb == method::other) return {501, "the method is not implemented"};
  if (into.verb == method::connect || into.verb == method::trace)
    return {405, "the method is not allowed"};
  if (frame.expects && into.minor_version >= 1) {
    if (!iequals(frame.expectation, "100-continue")) return {417, "the expectation is not known"};
    into.expects_continue = into.has_body;
  }
  return {};
}

}  // namespace

parse_result request_parser::parse(std::string_view buffer, std::span<field> room,
                                   request_head& into) noexcept {
  if (at_.base != buffer.data()) at_ = {.base = buffer.data()};
  if (!at_.first_line_done) {
    if (at_.line == 0) {
      if (buffer.empty()) return {};
      if (buffer.front() == '\r') [[unlikely]] {
        if (buffer.size() == 1) return {};
        if (buffer[1] != '\n') return failed({400, "the request line is malformed"});
        at_.line = at_.searched = 2;
        if (buffer.size() == 2) return {};
      }
    }
    // Not after the search for a line feed: what is no HTTP at all (a TLS hello) need not have one.
    if (at_.line < buffer.size() && !detail::is_token_char(buffer[at_.line])) {
      return failed({400, "the request line is malformed"});
    }
    const detail::line_bounds bounds{.longest = limits_.target_bytes + line_overhead,
                                     .head_bytes = limits_.head_bytes};
    line_error why;
    const char* const next =
        read_request_line(buffer.data() + at_.line, buffer.data() + buffer.size(), into, why);
    if (next == nullptr) [[unlikely]]
      return detail::judge_line(buffer, at_, bounds, why);
    const auto feed = static_cast<std::size_t>(next - 1 - buffer.data());
    if (const auto over = detail::over_bounds(at_.line, feed, bounds)) [[unlikely]]
      return failed(over);
    if (into.target.size() > limits_.target_bytes) [[unlikely]] {
      return failed({414, "the request target is too long"});
    }
    into.verb = parse_method(into.verb_token);
    at_.line = feed + 1;
    at_.first_line_done = true;
  } else if (!detail::line_may_be_complete(buffer, at_)) {
    at_.searched = buffer.size();
    if (at_.searched < limits_.head_bytes) return {};
  }
  auto result = detail::read_fields(buffer, at_, room, limits_);
  if (result.state == outcome::complete) [[likely]] {
    if (const auto why = judge(into, room.first(at_.count))) [[unlikely]]
      return failed(why);
  }
  return result;
}

}  // namespace weir::http
