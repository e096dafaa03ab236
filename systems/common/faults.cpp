#include "systems/common/faults.hpp"

#include <algorithm>

#include "weir/base/arena.hpp"
#include "weir/base/duration_text.hpp"
#include "weir/json/parser.hpp"
#include "weir/json/writer.hpp"

namespace weir::systems {

namespace {

using error = std::optional<std::string>;

error read_member(std::string_view name, json::value v, arena& memory, faults& into) {
  const auto text = v.as_string(memory);
  if (name == "delay") {
    if (!text) return "delay is a text like \"2s\" or \"0s..5s\"";
    auto parsed = parse_delay(*text, into);
    return parsed ? error() : parsed.error();
  }
  if (name == "fail") {
    const auto status = v.as_int64();
    if (!status || *status < 400 || *status > 599) return "fail is a status from 400 to 599";
    into.fail = static_cast<int>(*status);
    return {};
  }
  if (name == "junk") {
    if (text != "text" && text != "shape") return "junk is \"text\" or \"shape\"";
    into.garbage = *text == "text" ? faults::junk::text : faults::junk::shape;
    return {};
  }
  if (name == "hang") {
    if (!v.as_bool()) return "hang is true or false";
    into.hang = *v.as_bool();
    return {};
  }
  if (name == "reset_after") {
    into.reset_after = v.as_uint64();
    return into.reset_after ? error() : error("reset_after is a number of answers");
  }
  if (name == "only") {
    into.only.clear();
    for (json::value path : v.elements()) {
      into.only.emplace_back(path.as_string(memory).value_or(std::string_view()));
    }
    return v.is(json::kind::array) ? error() : error("only is a list of paths");
  }
  return "no fault is called '" + std::string(name) +
         "'; there are delay, fail, junk, hang, reset_after, only";
}

}  // namespace

bool faults::concerns(std::string_view path) const {
  return only.empty() || std::find(only.begin(), only.end(), path) != only.end();
}

duration faults::draw_delay(random_source& from) const {
  const auto span = static_cast<double>((most_delay - least_delay).count());
  return least_delay + duration(static_cast<duration::rep>(span * from.unit()));
}

result<void, std::string> parse_delay(std::string_view text, faults& into) {
  const std::size_t dots = text.find("..");
  auto least = parse_duration(text.substr(0, dots));
  if (!least) return failure(least.error());
  auto most = dots == std::string_view::npos ? least : parse_duration(text.substr(dots + 2));
  if (!most) return failure(most.error());
  if (*most < *least) return failure(std::string("the longer delay comes second"));
  into.least_delay = *least;
  into.most_delay = *most;
  return {};
}

result<faults, std::string> parse_faults(std::string_view json, const faults& usual) {
  json::parser parser;
  arena memory;
  auto parsed = parser.parse(json, memory);
  if (!parsed) return failure(std::string(parsed.error().reason));
  if (!parsed->is(json::kind::object)) return failure(std::string("faults are an object"));
  faults made = usual;
  for (const json::member& m : parsed->members()) {
    const auto name = m.name.as_string(memory).value_or(std::string_view());
    if (error wrong = read_member(name, m.value, memory, made)) return failure(std::move(*wrong));
  }
  return made;
}

std::string describe(const faults& f, std::uint64_t requests) {
  std::string text;
  json::writer out(text);
  out.begin_object().key("requests").unsigned_integer(requests);
  if (f.most_delay > duration::zero()) {
    std::string delay = format_duration(f.least_delay);
    if (f.most_delay != f.least_delay) delay += ".." + format_duration(f.most_delay);
    out.key("delay").string(delay);
  }
  if (f.fail != 0) out.key("fail").integer(f.fail);
  if (f.garbage != faults::junk::none) {
    out.key("junk").string(f.garbage == faults::junk::text ? "text" : "shape");
  }
  if (f.hang) out.key("hang").boolean(true);
  if (f.reset_after) out.key("reset_after").unsigned_integer(*f.reset_after);
  if (!f.only.empty()) {
    out.key("only").begin_array();
    for (const std::string& path : f.only) out.string(path);
    out.end_array();
  }
  out.end_object();
  return text;
}

}  // namespace weir::systems
