#include "weir/gateway/config/yaml.hpp"

#include <libfyaml.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "yaml_repair.hpp"

namespace weir::gateway::config {
namespace {

constexpr std::size_t deepest = 64;
// Each reading mends at least one expression; a file with more broken ones has been told enough.
constexpr int most_readings = 40;

struct diag_deleter {
  void operator()(fy_diag* d) const noexcept { fy_diag_destroy(d); }
};
struct parser_deleter {
  void operator()(fy_parser* p) const noexcept { fy_parser_destroy(p); }
};

std::string_view token_text(fy_token* t) {
  std::size_t length = 0;
  const char* text = t != nullptr ? fy_token_get_text(t, &length) : nullptr;
  return text != nullptr ? std::string_view(text, length) : std::string_view();
}

place token_place(fy_token* t, std::uint32_t otherwise) {
  const fy_mark* from = t != nullptr ? fy_token_start_mark(t) : nullptr;
  const fy_mark* to = t != nullptr ? fy_token_end_mark(t) : nullptr;
  if (from == nullptr || to == nullptr) return {otherwise, 0};
  return {static_cast<std::uint32_t>(from->input_pos),
          static_cast<std::uint32_t>(to->input_pos - from->input_pos)};
}

node::style style_of(fy_token* t) {
  switch (fy_token_scalar_style(t)) {
    case FYSS_SINGLE_QUOTED:
      return node::style::single_quoted;
    case FYSS_DOUBLE_QUOTED:
      return node::style::double_quoted;
    case FYSS_LITERAL:
    case FYSS_FOLDED:
      return node::style::block;
    default:
      return node::style::plain;
  }
}

// One reading of the text: events into a tree, an explicit stack in place of recursion.
class tree_builder {
 public:
  tree_builder(const source& in, yaml_repair& repair, problems& found)
      : in_(in), repair_(repair), found_(found) {}

  node root;
  bool too_deep = false;
  bool repaired = false;  // read again: the text has changed
  std::vector<problem> broken;

  // False: stop reading.
  bool on_event(fy_event& e) {
    switch (e.type) {
      case FYET_DOCUMENT_START:
        if (++documents_ == 2) {
          found_.error(token_place(e.document_start.document_start, last_),
                       "a configuration is one document; take out this `---` and what follows, or "
                       "put it into a file of its own");
          return false;
        }
        return true;
      case FYET_SCALAR:
        refuse_properties(e.scalar.anchor, e.scalar.tag);
        return on_scalar(e.scalar.value);
      case FYET_ALIAS:
        return on_alias(e.alias.anchor);
      case FYET_MAPPING_START:
        refuse_properties(e.mapping_start.anchor, e.mapping_start.tag);
        return open(node::kind::mapping, e.mapping_start.mapping_start);
      case FYET_SEQUENCE_START:
        refuse_properties(e.sequence_start.anchor, e.sequence_start.tag);
        return open(node::kind::list, e.sequence_start.sequence_start);
      case FYET_MAPPING_END:
        close(e.mapping_end.mapping_end);
        return true;
      case FYET_SEQUENCE_END:
        close(e.sequence_end.sequence_end);
        return true;
      default:
        return true;
    }
  }

 private:
  struct level {
    node made;
    bool flow = false;
    bool key_next = true;  // of a mapping
    bool skip = false;     // its key was refused: read, and dropped
    std::set<std::string> seen;
  };

  void refuse_properties(fy_token* anchor, fy_token* tag) {
    if (anchor != nullptr) {
      const place at = token_place(anchor, last_);
      found_.error(with_sign(at, '&'),
                   "anchors are not part of a configuration; write the value where it is needed");
    }
    if (tag != nullptr) {
      const place at = token_place(tag, last_);
      found_.error(with_sign(at, '!'),
                   "tags are not part of a configuration; take it out, and quote the value if it "
                   "is meant as text");
    }
  }

  // The mark of an anchor or alias begins behind its sign.
  place with_sign(place at, char sign) const {
    if (at.offset > 0 && at.offset < in_.text().size() && in_.text()[at.offset] != sign &&
        in_.text()[at.offset - 1] == sign) {
      return {at.offset - 1, at.length + 1};
    }
    return at;
  }

  bool on_alias(fy_token* name) {
    const place at = with_sign(token_place(name, last_), '*');
    found_.error(at, "aliases are not part of a configuration; write the value where it is needed");
    drop();
    return true;
  }

  bool on_scalar(fy_token* value) {
    node n;
    n.where = token_place(value, last_);
    n.written = value != nullptr ? style_of(value) : node::style::plain;
    n.text = std::string(token_text(value));
    last_ = n.where.end();
    const bool written = n.written != node::style::plain || !n.text.empty();
    n.what = written ? node::kind::scalar : node::kind::empty;
    if (n.is_plain()) {
      const bool flow = !stack_.empty() && stack_.back().flow;
      if (auto b = repair_.examine(in_, n.where, flow)) {
        repaired = true;
        broken.push_back(
            {severity::error,
             b->expression,
             flow ? "inside `{…}` and `[…]` an expression must be quoted; write " + b->quoted
                  : "YAML takes this expression apart; quote it: " + b->quoted,
             {}});
      } else if (auto was = repair_.original(in_, n.where)) {
        n.text = std::move(*was);
      }
    }
    add(std::move(n));
    return true;
  }

  bool open(node::kind what, fy_token* start) {
    if (stack_.size() == deepest) {
      found_.error(token_place(start, last_), "nested deeper than 64 levels; flatten it");
      too_deep = true;
      return false;
    }
    level l;
    l.made.what = what;
    l.made.where = token_place(start, last_);
    const std::string& text = repair_.text();
    const std::size_t at = l.made.where.offset;
    l.flow = l.made.where.length > 0 && at < text.size() && (text[at] == '{' || text[at] == '[');
    stack_.push_back(std::move(l));
    return true;
  }

  void close(fy_token* end) {
    level l = std::move(stack_.back());
    stack_.pop_back();
    std::uint32_t until = last_;
    if (l.flow) until = std::max(until, token_place(end, last_).end());
    l.made.where.length = until > l.made.where.offset ? until - l.made.where.offset : 0;
    last_ = std::max(last_, until);
    add(std::move(l.made));
  }

  void add(node n) {
    if (stack_.empty()) {
      root = std::move(n);
      return;
    }
    level& l = stack_.back();
    if (l.made.what == node::kind::list) {
      l.made.items.push_back(std::move(n));
      return;
    }
    if (l.key_next) {
      l.key_next = false;
      l.skip = !take_key(l, std::move(n));
      return;
    }
    l.key_next = true;
    if (!l.skip) l.made.items.push_back(std::move(n));
  }

  // What was refused is not there: a second message about it would only echo the first.
  void drop() {
    if (stack_.empty() || stack_.back().made.what == node::kind::list) return;
    level& l = stack_.back();
    if (l.key_next) {
      l.skip = true;
    } else if (!l.skip) {
      l.made.keys.pop_back();
    }
    l.key_next = !l.key_next;
  }

  bool take_key(level& l, node key) {
    if (!key.is_scalar()) {
      found_.error(key.where, "a key must be text, and this is " + std::string(describe(key)) +
                                  "; write `key: value`");
      return false;
    }
    if (key.is_plain() && key.text == "<<") {
      found_.error(key.where,
                   "merge keys are not part of a configuration; write the keys out, or use a named "
                   "policy (`policy: NAME`)");
      return false;
    }
    if (!l.seen.insert(key.text).second) {
      const auto first = std::find_if(l.made.keys.begin(), l.made.keys.end(),
                                      [&](const node& k) { return k.text == key.text; });
      found_.error(key.where, "the key `" + key.text + "` is here twice (first in line " +
                                  std::to_string(in_.at(first->where.offset).line) +
                                  "); keep one of them");
      return false;
    }
    l.made.keys.push_back(std::move(key));
    return true;
  }

  const source& in_;
  yaml_repair& repair_;
  problems& found_;
  std::vector<level> stack_;
  std::uint32_t last_ = 0;  // the end of what was read last
  int documents_ = 0;
};

std::string hint_for(std::string_view message) {
  if (message.find("tab character") != std::string_view::npos) return "; indent with spaces";
  if (message.find("nested block mapping on the same line") != std::string_view::npos ||
      message.find("mapping values") != std::string_view::npos) {
    return "; quote a value that holds `: `";
  }
  if (message.find("indentation in mapping") != std::string_view::npos) {
    return "; keys of one mapping begin in the same column";
  }
  return "; look at the line and the one before it";
}

void report_syntax(const source& in, fy_diag* diag, problems& found) {
  void* position = nullptr;
  bool any = false;
  while (const fy_diag_error* e = fy_diag_errors_iterate(diag, &position)) {
    if (e->type != FYET_ERROR || e->msg == nullptr) continue;
    const std::string message = e->msg;
    const std::size_t at = in.offset_of(static_cast<std::uint32_t>(std::max(e->line, 1)),
                                        static_cast<std::uint32_t>(std::max(e->column, 1)));
    found.error({static_cast<std::uint32_t>(at), 1},
                "this is not YAML: " + message + hint_for(message));
    any = true;
    break;  // what follows the first is its echo
  }
  if (!any) found.error({}, "this is not YAML; look at the file's first line");
}

// Bytes that no YAML text may hold; libfyaml's words for them do not say where.
bool check_bytes(const source& in, problems& found) {
  const std::string& text = in.text();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 || c == '\n' || c == '\r' || c == '\t') {
      if (c < 0x80) continue;
      std::size_t length = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 0;
      for (std::size_t k = 1; k < length; ++k) {
        if (i + k >= text.size() || (static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) {
          length = 0;
        }
      }
      if (length != 0) {
        i += length - 1;
        continue;
      }
      found.error({static_cast<std::uint32_t>(i), 1},
                  "this byte is not UTF-8; save the file as UTF-8");
      return false;
    }
    found.error({static_cast<std::uint32_t>(i), 1},
                "a control character has no place in a configuration; take it out");
    return false;
  }
  return true;
}

struct reading {
  node root;
  bool sound = false;
  bool again = false;
};

reading read_once(const source& in, yaml_repair& repair, problems& found,
                  std::vector<problem>& broken) {
  fy_diag_cfg diag_options;
  fy_diag_cfg_default(&diag_options);
  diag_options.fp = nullptr;
  std::unique_ptr<fy_diag, diag_deleter> diag(fy_diag_create(&diag_options));
  if (!diag) throw std::bad_alloc();
  fy_diag_set_collect_errors(diag.get(), true);
  fy_parse_cfg options{};
  options.search_path = "";
  options.flags =
      static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2 |
                                      FYPCF_JSON_NONE | FYPCF_DISABLE_MMAP_OPT);
  options.diag = diag.get();
  std::unique_ptr<fy_parser, parser_deleter> parser(fy_parser_create(&options));
  if (!parser) throw std::bad_alloc();
  // The parser reads from a copy: the repair changes its text while scalars are examined.
  const std::string text = repair.text();
  fy_parser_set_string(parser.get(), text.data(), text.size());

  tree_builder builder(in, repair, found);
  bool on = true;
  while (on) {
    fy_event* e = fy_parser_parse(parser.get());
    if (e == nullptr) break;
    on = builder.on_event(*e);
    fy_parser_event_free(parser.get(), e);
  }
  reading r;
  r.again = builder.repaired;
  broken.insert(broken.end(), builder.broken.begin(), builder.broken.end());
  if (builder.repaired) return r;
  if (on && fy_parser_get_stream_error(parser.get())) {
    report_syntax(in, diag.get(), found);
    return r;
  }
  r.sound = !builder.too_deep;
  r.root = std::move(builder.root);
  return r;
}

}  // namespace

bool parse_yaml(const source& in, node& into, problems& found) {
  if (!check_bytes(in, found)) return false;
  yaml_repair repair(in.text());
  std::vector<problem> broken;
  bool sound = false;
  for (int i = 0; i < most_readings; ++i) {
    problems of_this_reading;  // each reading meets the same problems again
    reading r = read_once(in, repair, of_this_reading, broken);
    if (r.again && i + 1 < most_readings) continue;
    for (const problem& p : of_this_reading.all()) found.add(p);
    sound = r.sound;
    into = std::move(r.root);
    break;
  }
  for (problem& p : broken) found.add(std::move(p));
  return sound;
}

}  // namespace weir::gateway::config
