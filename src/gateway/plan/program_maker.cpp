#include <algorithm>

#include "compiler.hpp"
#include "weir/json/writer.hpp"

namespace weir::gateway {
namespace {

// `request.body`, `request['body']`, or the request as a whole.
bool mentions_body(std::string_view text) {
  std::string bare;
  for (const char c : text) {
    if (c != ' ' && c != '\t' && c != '\n') bare += c;
  }
  constexpr std::string_view request = "request";
  for (std::size_t at = bare.find(request); at != std::string::npos;
       at = bare.find(request, at + 1)) {
    const std::string_view rest = std::string_view(bare).substr(at + request.size());
    if (!rest.starts_with('.') || rest.starts_with(".body")) return true;
  }
  return false;
}

// Not `quoted`: with a std::string, g++ 14 finds std::quoted before it.
std::string json_quoted(std::string_view text) {
  std::string out;
  json::append_quoted(out, text);
  return out;
}

bool all_constant(const std::vector<shape>& items) {
  return std::all_of(items.begin(), items.end(),
                     [](const shape& s) { return s.what == shape::kind::constant; });
}

// A list or an object of constants is one constant.
shape folded(shape s) {
  if (!all_constant(s.items)) return s;
  std::string text(1, s.what == shape::kind::list ? '[' : '{');
  for (std::size_t i = 0; i < s.items.size(); ++i) {
    if (i > 0) text += ',';
    if (s.what == shape::kind::object) (text += s.keys[i]) += ':';
    text += s.items[i].constant;
  }
  text += s.what == shape::kind::list ? ']' : '}';
  shape constant;
  constant.constant = std::move(text);
  constant.where = std::move(s.where);
  return constant;
}

}  // namespace

void program_maker::note(const expression::program& made) {
  const auto slots = made.slots();
  if (std::find(slots.begin(), slots.end(), slot_request) == slots.end()) return;
  reads_body_ = reads_body_ || mentions_body(made.text());
}

void program_maker::report(const expression::problems& all, const config::node& scalar) {
  for (const expression::problem& p : all) found_.error(scalar.where, p.message);
}

expression::program program_maker::make(const expression::ast& of, const config::node& scalar,
                                        const name_slots& names) {
  auto made = expression::compile(of, [&](std::string_view name) { return names.find(name); });
  if (!made) {
    report(made.error(), scalar);
    return {};
  }
  note(*made);
  return std::move(*made);
}

expression::program program_maker::make(const config::expression_text& of,
                                        const name_slots& names) {
  return make(of.parsed, of.scalar, names);
}

expression::text_program program_maker::make(const expression::text_template& of,
                                             const config::node& scalar, const name_slots& names) {
  auto made = expression::compile(of, [&](std::string_view name) { return names.find(name); });
  if (!made) {
    report(made.error(), scalar);
    return {};
  }
  for (const auto& part : made->parts()) {
    if (part.slot) note(*part.slot);
  }
  return std::move(*made);
}

expression::text_program program_maker::make(const config::template_text& of,
                                             const name_slots& names) {
  return make(of.parsed, of.scalar, names);
}

shape program_maker::make(const config::shape& of, const name_slots& names,
                          const std::string& where) {
  using kind = config::shape::kind;
  shape made;
  made.where = where;
  switch (of.what) {
    case kind::literal:
      made.constant = of.json;
      return made;
    case kind::text:
      if (const expression::ast* single = of.text->parsed.single()) {
        made.what = shape::kind::expression;
        made.value = make(*single, of.text->scalar, names);
      } else {
        made.what = shape::kind::text;
        made.text = make(*of.text, names);
      }
      return made;
    case kind::list:
      made.what = shape::kind::list;
      for (std::size_t i = 0; i < of.items.size(); ++i) {
        made.items.push_back(make(of.items[i], names, where + "[" + std::to_string(i) + "]"));
      }
      return folded(std::move(made));
    case kind::object:
      made.what = shape::kind::object;
      for (std::size_t i = 0; i < of.items.size(); ++i) {
        made.keys.push_back(json_quoted(of.names[i]));
        made.items.push_back(make(of.items[i], names, where + "." + of.names[i]));
      }
      return folded(std::move(made));
    case kind::each:
      return make_each(of, names, where);
  }
  return made;
}

shape program_maker::make_each(const config::shape& of, const name_slots& names,
                               const std::string& where) {
  shape made;
  made.what = shape::kind::each;
  made.where = where;
  name_slots inside = names;
  for (const config::each_source& source : of.sources) {
    const std::uint16_t slot = new_slot();
    made.sources.push_back({make(source.over, names), slot, source.name});
    inside.add(source.name, slot);
  }
  for (const config::shape& item : of.items) made.items.push_back(make(item, inside, where));
  return made;
}

}  // namespace weir::gateway
