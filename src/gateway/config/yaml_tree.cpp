#include "yaml_tree.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace weir::gateway::config {
namespace {

constexpr std::size_t deepest = 64;

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

}  // namespace

bool tree_builder::on_event(fy_event& e) {
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

void tree_builder::refuse_properties(fy_token* anchor, fy_token* tag) {
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

place tree_builder::with_sign(place at, char sign) const {
  if (at.offset > 0 && at.offset < in_.text().size() && in_.text()[at.offset] != sign &&
      in_.text()[at.offset - 1] == sign) {
    return {at.offset - 1, at.length + 1};
  }
  return at;
}

bool tree_builder::on_alias(fy_token* name) {
  const place at = with_sign(token_place(name, last_), '*');
  found_.error(at, "aliases are not part of a configuration; write the value where it is needed");
  drop();
  return true;
}

bool tree_builder::on_scalar(fy_token* value) {
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

bool tree_builder::open(node::kind what, fy_token* start) {
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

void tree_builder::close(fy_token* end) {
  level l = std::move(stack_.back());
  stack_.pop_back();
  std::uint32_t until = last_;
  if (l.flow) until = std::max(until, token_place(end, last_).end());
  l.made.where.length = until > l.made.where.offset ? until - l.made.where.offset : 0;
  last_ = std::max(last_, until);
  add(std::move(l.made));
}

void tree_builder::add(node n) {
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

void tree_builder::drop() {
  if (stack_.empty() || stack_.back().made.what == node::kind::list) return;
  level& l = stack_.back();
  if (l.key_next) {
    l.skip = true;
  } else if (!l.skip) {
    l.made.keys.pop_back();
  }
  l.key_next = !l.key_next;
}

bool tree_builder::take_key(level& l, node key) {
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
  const auto [first, is_new] = l.seen.try_emplace(key.text, key.where.offset);
  if (!is_new) {
    found_.error(key.where, "the key `" + key.text + "` is here twice (first in line " +
                                std::to_string(in_.at(first->second).line) + "); keep one of them");
    return false;
  }
  l.made.keys.push_back(std::move(key));
  return true;
}

}  // namespace weir::gateway::config
