#include "weir/gateway/run/request_roots.hpp"

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "weir/http/query.hpp"
#include "weir/http/uri.hpp"

namespace weir::gateway {
namespace {

using expression::map_entry;
using expression::value;

constexpr expression::error_info given_twice{expression::error_kind::request,
                                             "a query parameter is given twice"};
constexpr expression::error_info broken_escape{expression::error_kind::request,
                                               "the request has a broken percent escape"};

value map_of(std::vector<map_entry>& entries, arena& memory) {
  const auto kept = memory.make_array<map_entry>(entries.size());
  std::copy(entries.begin(), entries.end(), kept.begin());
  return value::map(kept);
}

value decoded_segment(std::string_view encoded, arena& memory) {
  if (encoded.find('%') == std::string_view::npos) return value::text(encoded);
  std::string text;
  if (!http::percent_decode(encoded, text)) return value::error(broken_escape);
  return value::text(memory.copy(text));
}

value list_of(const std::vector<std::string>& all, arena& memory) {
  const auto list = memory.make_array<value>(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) list[i] = value::text(memory.copy(all[i]));
  return value::list(list);
}

struct parameter {
  std::string name;
  std::vector<std::string> values;
};

// Names in the order in which they came first. One pass: a client may send thousands.
std::vector<parameter> parameters_of(std::string_view encoded) {
  std::vector<parameter> all;
  std::unordered_map<std::string, std::size_t> places;
  http::query_view(encoded).for_each([&](const http::query_view::parameter& p) {
    std::string name = http::query_view::decode(p.name);
    const auto [at, is_new] = places.emplace(name, all.size());
    if (is_new) all.push_back({std::move(name), {}});
    all[at->second].values.push_back(http::query_view::decode(p.value));
    return true;
  });
  return all;
}

}  // namespace

value path_root::find(std::string_view name, arena& memory) const {
  for (std::size_t i = 0; i < names_.size() && i < encoded_.size(); ++i) {
    if (names_[i] == name) return decoded_segment(encoded_[i], memory);
  }
  return value::missing(name);
}

value path_root::all(arena& memory) const {
  std::vector<map_entry> entries;
  for (std::size_t i = 0; i < names_.size() && i < encoded_.size(); ++i) {
    entries.push_back({value::text(names_[i]), decoded_segment(encoded_[i], memory)});
  }
  return map_of(entries, memory);
}

value query_root::find(std::string_view name, arena& memory) const {
  if (encoded_.empty()) return value::missing(name);
  const http::query_view query(encoded_);
  if (!query.well_formed()) return value::error(broken_escape);
  const std::size_t times = query.count(name);
  if (times == 0) return value::missing(name);
  if (times > 1) return value::error(given_twice);
  return value::text(memory.copy(*query.first(name)));
}

value query_root::all(arena& memory) const {
  const bool sound = http::query_view(encoded_).well_formed();
  std::vector<map_entry> entries;
  for (const parameter& p : parameters_of(encoded_)) {
    const value said = !sound                ? value::error(broken_escape)
                       : p.values.size() > 1 ? value::error(given_twice)
                                             : value::text(memory.copy(p.values.front()));
    entries.push_back({value::text(memory.copy(p.name)), said});
  }
  return map_of(entries, memory);
}

value query_all_root::find(std::string_view name, arena& memory) const {
  const http::query_view query(encoded_);
  if (!query.well_formed()) return value::error(broken_escape);
  return list_of(query.all(name), memory);
}

value query_all_root::all(arena& memory) const {
  const bool sound = http::query_view(encoded_).well_formed();
  std::vector<map_entry> entries;
  for (const parameter& p : parameters_of(encoded_)) {
    entries.push_back({value::text(memory.copy(p.name)),
                       sound ? list_of(p.values, memory) : value::error(broken_escape)});
  }
  return map_of(entries, memory);
}

value headers_root::find(std::string_view name, arena& memory) const {
  const std::size_t times = fields_.count(name);
  if (times == 0) return value::missing(name);
  if (times == 1) return value::text(*fields_.find(name));
  std::string joined;
  for (const http::field& f : fields_) {
    if (!http::iequals(f.name, name)) continue;
    if (!joined.empty()) joined += ", ";
    joined += f.value;
  }
  return value::text(memory.copy(joined));
}

value headers_root::all(arena& memory) const {
  std::vector<map_entry> entries;
  for (const http::field& f : fields_) {
    std::string lower(f.name);
    for (char& c : lower) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    bool known = false;
    for (const map_entry& e : entries) known = known || e.key.text_here() == lower;
    if (!known) entries.push_back({value::text(memory.copy(lower)), find(f.name, memory)});
  }
  return map_of(entries, memory);
}

value request_root::find(std::string_view name, arena&) const {
  if (name == "method") return value::text(head_.verb_token);
  if (name == "path") return value::text(head_.path);
  if (name == "query") return value::text(head_.query);
  if (name == "host") return value::text(head_.host);
  if (name == "headers") return value::source(headers_);
  if (name == "body") return body_;
  return value::missing(name);
}

value request_root::all(arena& memory) const {
  std::vector<map_entry> entries;
  for (const std::string_view name : {"method", "path", "query", "host", "headers", "body"}) {
    const value member = find(name, memory);
    if (!member.is_missing()) entries.push_back({value::text(name), member});
  }
  return map_of(entries, memory);
}

value circuits_root::describe(const upstream::service& s, arena& memory) const {
  const circuit_snapshot snapshot = s.circuit()->snapshot(clock_.now());
  const auto entries = memory.make_array<map_entry>(2);
  entries[0] = {value::text("state"), value::text(to_string(snapshot.state))};
  entries[1] = {value::text("failures"),
                value::integer(static_cast<std::int64_t>(snapshot.failures))};
  return value::map(entries);
}

value circuits_root::find(std::string_view name, arena& memory) const {
  for (const auto& s : services_) {
    if (s->name() == name && s->circuit()) return describe(*s, memory);
  }
  return value::missing(name);
}

value circuits_root::all(arena& memory) const {
  std::vector<map_entry> entries;
  for (const auto& s : services_) {
    if (s->circuit()) entries.push_back({value::text(s->name()), describe(*s, memory)});
  }
  return map_of(entries, memory);
}

}  // namespace weir::gateway
