#include "weir/gateway/reply/render.hpp"

#include <limits>

#include "weir/gateway/expression/output.hpp"

namespace weir::gateway {
namespace {

using expression::value;

class renderer {
 public:
  renderer(const render_scope& in, json::writer& to)
      : in_(in),
        to_(to),
        written_before_(to.buffer().size()),
        held_before_(in.memory->reserved()) {}

  void shape_of(const shape& of) {
    switch (of.what) {
      case shape::kind::constant:
        to_.raw(of.constant);
        break;
      case shape::kind::expression:
        value_of(of, of.value->evaluate(frame()));
        break;
      case shape::kind::text:
        value_of(of, of.text->evaluate_text(frame()));
        break;
      case shape::kind::list:
        to_.begin_array();
        for (const shape& item : of.items) shape_of(item);
        to_.end_array();
        break;
      case shape::kind::object:
        to_.begin_object();
        for (std::size_t i = 0; i < of.items.size(); ++i) {
          to_.raw_key(of.keys[i]);
          shape_of(of.items[i]);
        }
        to_.end_object();
        break;
      case shape::kind::each:
        each(of);
        break;
    }
  }

  rendered outcome;

 private:
  void value_of(const shape& of, const value& v) {
    const expression::written w = expression::write_json(v, to_, *in_.memory);
    if (w.missing) note_missing(of);
    if (w.error) note_error(of, *w.error);
  }

  void note_missing(const shape& of) {
    if (!outcome.missing && !outcome.error) outcome.where = of.where;
    outcome.missing = true;
  }
  void note_error(const shape& of, const expression::error_info& e) {
    if (!outcome.missing && !outcome.error) outcome.where = of.where;
    // The client's own fault is told before any other.
    if (!outcome.error || e.kind == expression::error_kind::request) outcome.error = &e;
  }

  // A list of one element for each item of the first source; the others are walked along with it. A
  // source after the first may be null as a whole: its items are null.
  void each(const shape& of) {
    static constexpr expression::error_info no_list{expression::error_kind::wrong_type,
                                                    "'each' needs a list"};
    static constexpr expression::error_info beyond{
        expression::error_kind::limit, "this takes more work or memory than a reply may use"};
    static constexpr expression::error_info uneven{
        expression::error_kind::bad_value, "the lists joined by 'each' are not equally long"};

    const std::size_t sources = std::min(of.sources.size(), most_sources);
    expression::element_cursor cursors[most_sources] = {
        expression::element_cursor{value()}, expression::element_cursor{value()},
        expression::element_cursor{value()}, expression::element_cursor{value()},
        expression::element_cursor{value()}, expression::element_cursor{value()},
        expression::element_cursor{value()}, expression::element_cursor{value()}};
    bool absent[most_sources] = {};
    for (std::size_t i = 0; i < sources; ++i) {
      const value list = of.sources[i].over.evaluate(frame());
      if (const auto* e = list.as_error()) {
        note_error(of, *e);
        to_.null();
        return;
      }
      if (list.is_missing()) note_missing(of);
      if (list.is_absent()) {
        if (i == 0) {
          to_.null();
          return;
        }
        absent[i] = true;
        continue;
      }
      if (!list.is_list()) {
        note_error(of, no_list);
        to_.null();
        return;
      }
      cursors[i] = expression::element_cursor(list);
      if (i > 0 && cursors[i].left() != cursors[0].left()) {
        note_error(of, uneven);
        to_.null();
        return;
      }
    }
    to_.begin_array();
    const std::size_t begin = to_.buffer().size() - 1;
    for (; cursors[0]; cursors[0].advance()) {
      if (too_much()) {
        to_.end_array().buffer().resize(begin);
        to_.buffer() += "null";
        note_error(of, beyond);
        return;
      }
      for (std::size_t i = 0; i < sources; ++i) {
        in_.slots[of.sources[i].slot] = absent[i] ? value::null() : *cursors[i];
        if (i > 0 && !absent[i]) cursors[i].advance();
      }
      shape_of(of.items.front());
    }
    to_.end_array();
  }

  expression::frame frame() noexcept {
    expression::frame f = in_.frame();
    f.steps = &steps_;
    return f;
  }

  // Each place is bounded, and lists of a service's length inside one another multiply them.
  bool too_much() noexcept {
    return ++steps_ > most_steps ||
           to_.buffer().size() - written_before_ > expression::most_output ||
           in_.memory->reserved() - held_before_ > expression::most_output;
  }

  static constexpr std::uint64_t most_steps = 20'000'000;  // about 200 ms

  const render_scope& in_;
  json::writer& to_;
  std::uint64_t steps_ = 0;
  std::size_t written_before_;
  std::size_t held_before_;
};

}  // namespace

rendered render(const shape& of, const render_scope& in, json::writer& to) {
  renderer r(in, to);
  r.shape_of(of);
  return r.outcome;
}

value evaluate(const shape& of, const render_scope& in, json::parser& parser, rendered& what) {
  if (of.what == shape::kind::expression || of.what == shape::kind::text) {
    const value v = of.what == shape::kind::expression ? of.value->evaluate(in.frame())
                                                       : of.text->evaluate_text(in.frame());
    if (v.is_missing() && !what.missing) {
      what.missing = true;
      what.where = of.where;
    }
    if (const auto* e = v.as_error()) {
      what.error = e;
      what.where = of.where;
    }
    return v;
  }
  if (of.what == shape::kind::constant && of.constant == "null") return value::null();
  std::string buffer;
  json::writer to(buffer);
  what = render(of, in, to);
  const auto parsed = parser.parse(in.memory->copy(buffer), *in.memory,
                                   {.depth = std::numeric_limits<std::size_t>::max()});
  // What the writer wrote is JSON, and how deep its values are was judged when they came.
  return parsed ? value::json(*parsed) : value::null();
}

}  // namespace weir::gateway
