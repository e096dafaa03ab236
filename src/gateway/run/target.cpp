#include "weir/gateway/run/target.hpp"

#include "weir/gateway/expression/url.hpp"

namespace weir::gateway {
namespace {

using expression::value;

bool reads_only_client(const expression::program& p) {
  for (const std::uint16_t slot : p.slots()) {
    if (slot != slot_path && slot != slot_query && slot != slot_query_all && slot != slot_request) {
      return false;
    }
  }
  return !p.slots().empty();
}

bool render_path(const target_template& target, const expression::frame& in, std::string_view rest,
                 std::string& to, target_failure& why) {
  for (const target_template::piece& piece : target.path) {
    to += piece.literal;
    if (piece.rest) to += rest;
    if (!piece.slot) continue;
    const value v = piece.slot->evaluate(in);
    const auto how = expression::append_url_segment(to, v, *in.memory);
    if (how == expression::slot_outcome::ok) continue;
    why.why = cause_of(v, piece.from_client);
    why.detail = detail_of(v, expression::describe(how));
    return false;
  }
  return true;
}

// A null drops its parameter; what is missing or in error stops the call.
bool render_parameter(const target_template::parameter& parameter, const expression::frame& in,
                      std::string& to, bool& dropped, target_failure& why) {
  const value v = parameter.slot->evaluate(in);
  if (v.is_missing() || v.is_error()) {
    why.why = cause_of(v, gateway::only_client(*parameter.slot));
    why.detail = v.is_missing() && !v.missing_name().empty()
                     ? in.memory->copy("there is no '" + std::string(v.missing_name()) + "'")
                     : detail_of(v, "a query parameter is missing");
    return false;
  }
  const auto how = expression::append_query_value(to, v, *in.memory);
  dropped = how == expression::slot_outcome::dropped;
  if (how == expression::slot_outcome::failed) {
    why.why = cause::expression_error;
    why.detail = expression::describe(how);
    return false;
  }
  return true;
}

}  // namespace

bool fit_for_header(std::string_view text) noexcept {
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if ((u < 0x20 && u != '\t') || u == 0x7f) return false;
  }
  return true;
}

bool render_fields(const std::vector<header_template>& fields, const expression::frame& in,
                   std::string& to, target_failure& why) {
  for (const header_template& h : fields) {
    const value v = h.value.evaluate_text(in);
    if (v.is_null()) continue;
    if (v.is_missing() || v.is_error()) {
      why.why = cause_of(v, only_client(h.value));
      why.detail = detail_of(v, "a header is missing");
      return false;
    }
    const auto text = v.as_text(*in.memory);
    if (!text || !fit_for_header(*text)) {
      why.why = only_client(h.value) ? cause::bad_request : cause::expression_error;
      why.detail = "a header's value has a character that headers cannot hold";
      return false;
    }
    to.append(h.name).append(": ").append(*text).append("\r\n");
  }
  return true;
}

bool carries_field(std::string_view lines, std::string_view name) noexcept {
  while (lines.size() > name.size()) {
    if (lines[name.size()] == ':' && http::iequals(lines.substr(0, name.size()), name)) return true;
    const auto end = lines.find('\n');
    if (end == lines.npos) return false;
    lines.remove_prefix(end + 1);
  }
  return false;
}

bool only_client(const expression::text_program& text) {
  for (const auto& part : text.parts()) {
    if (part.slot && !reads_only_client(*part.slot)) return false;
  }
  return true;
}

cause cause_of(const expression::error_info& e) noexcept {
  return e.kind == expression::error_kind::request ? cause::bad_request : cause::expression_error;
}

cause cause_of(const value& v, bool from_client) {
  if (const auto* e = v.as_error()) {
    if (cause_of(*e) == cause::bad_request) return cause::bad_request;
    if (from_client) return cause::bad_request;
    return e->kind == expression::error_kind::absent ? cause::missing_field
                                                     : cause::expression_error;
  }
  if (from_client) return cause::bad_request;
  return v.is_absent() ? cause::missing_field : cause::bad_path;
}

std::string_view detail_of(const value& v, std::string_view otherwise) {
  const auto* e = v.as_error();
  return e ? e->message : otherwise;
}

bool render_target(const target_template& target, const expression::frame& in,
                   const client_url& client, std::string& to, target_failure& why) {
  if (!render_path(target, in, client.rest, to, why)) return false;
  char separator = '?';
  for (const target_template::parameter& parameter : target.query) {
    const std::size_t before = to.size();
    to += separator;
    to += parameter.name;
    if (!parameter.bare) to += '=';
    if (!parameter.slot) {
      to += parameter.literal;
    } else {
      bool dropped = false;
      if (!render_parameter(parameter, in, to, dropped, why)) return false;
      if (dropped) {
        to.resize(before);
        continue;
      }
    }
    separator = '&';
  }
  if (target.client_query && client.head.has_query) {
    to += separator;
    to += client.head.query;
  }
  return true;
}

}  // namespace weir::gateway
