#include <string>
#include <utility>
#include <variant>

#include "schema_writer.hpp"
#include "weir/gateway/config/spelling.hpp"
#include "weir/gateway/config/types.hpp"

namespace weir::gateway::config {
namespace {

using expression::text_template;

// Reads `service/path/${slot}?name=${slot}` from the parts of a template: literals change the state
// (service, path, query), expressions become slots of where they stand.
class target_reader {
 public:
  target_reader(reader& r, const node& from) : r_(r), from_(from) {}

  std::optional<target> read() {
    if (!from_.is_scalar()) {
      r_.error(from_.where, "expected `service/path`, and this is " + std::string(describe(from_)));
      return std::nullopt;
    }
    auto parsed = expression::parse_template(from_.text, r_.environment());
    if (!parsed) {
      r_.report(parsed.error(), from_);
      return std::nullopt;
    }
    out_.scalar = from_;
    for (const text_template::part& part : parsed->parts()) {
      if (const auto* literal = std::get_if<std::string>(&part)) {
        take_literal(*literal);
      } else {
        take_slot(std::get<text_template::slot>(part));
      }
      if (failed_) return std::nullopt;
    }
    end_parameter();
    finish_path();
    if (out_.service.empty()) fail("a call begins with the service; write `service/path`");
    if (failed_) return std::nullopt;
    // The name is the beginning of the text: it holds no expressions.
    out_.service_at = r_.part(from_, 0, out_.service.size());
    return std::move(out_);
  }

 private:
  enum class state { service, path, query };

  void take_literal(std::string_view text) {
    while (!text.empty() && !failed_) {
      if (at_ == state::service) {
        const std::size_t end = text.find_first_of("/?");
        out_.service += text.substr(0, end);
        if (end == std::string_view::npos) return;
        at_ = text[end] == '/' ? state::path : state::query;
        if (at_ == state::path) {
          out_.has_path = true;
          literal_ = "/";
        } else {
          out_.has_query = true;
        }
        text.remove_prefix(end + 1);
      } else if (at_ == state::path) {
        const std::size_t end = text.find('?');
        literal_ += text.substr(0, end);
        if (end == std::string_view::npos) return;
        at_ = state::query;
        out_.has_query = true;
        text.remove_prefix(end + 1);
      } else {
        take_query(text);
        return;
      }
    }
  }

  void take_query(std::string_view text) {
    while (!text.empty()) {
      const char c = text.front();
      text.remove_prefix(1);
      if (c == '&') {
        end_parameter();
      } else if (c == '=' && !value_begun_) {
        value_begun_ = true;
      } else if (value_begun_) {
        if (value_.empty() || !std::holds_alternative<std::string>(value_.back()))
          value_.emplace_back(std::string());
        std::get<std::string>(value_.back()) += c;
        begun_ = true;
        continue;
      } else {
        name_ += c;
      }
      begun_ = c != '&';
    }
  }

  void take_slot(const text_template::slot& slot) {
    if (at_ == state::service) {
      fail("a service's name is no expression; write the name of one of `services`", slot.offset);
    } else if (at_ == state::path) {
      finish_literal(slot.expression);
    } else if (!value_begun_) {
      if (!begun_ && name_.empty() && says(slot.expression, "request.query")) {
        out_.client_query = true;
        begun_ = true;
        client_ = true;
      } else {
        fail("the name of a parameter is no expression; write `name=${…}`", slot.offset);
      }
    } else {
      value_.emplace_back(slot);
      begun_ = true;
    }
  }

  std::optional<std::string> encoded(std::string_view literal) {
    auto e = encode_path(literal);
    if (!e)
      fail("a `%` is not followed by two hexadecimal digits; write `%25` for the sign itself");
    return e;
  }

  void finish_literal(std::optional<expression::ast> slot) {
    const auto e = encoded(literal_);
    literal_.clear();
    if (!e) return;
    out_.path.push_back({*e, std::move(slot)});
  }

  void finish_path() {
    if (!out_.has_path) return;
    finish_literal(std::nullopt);
    // What stands beside a slot is no segment of its own; the slot's value is judged when it comes.
    std::string whole;
    for (const target::piece& p : out_.path) whole += p.literal + (p.slot ? "x" : "");
    if (leaves_segment(whole))
      fail("`.` and `..` would leave the path; write the path they lead to");
    if (whole.find('#') != std::string::npos)
      fail("a fragment (`#`) is never sent; write `%23` for the sign itself");
  }

  void end_parameter() {
    if (std::exchange(client_, false)) {
      begun_ = false;
      if (!name_.empty()) fail("`${request.query}` stands alone; separate it with `&`");
      return;
    }
    if (!std::exchange(begun_, false) && name_.empty()) return;
    const auto name = encode_query(name_);
    // Kept as what it means; it is encoded when it is sent.
    for (text_template::part& p : value_) {
      auto* const literal = std::get_if<std::string>(&p);
      if (literal == nullptr) continue;
      auto meant = decode(*literal);
      if (!meant) {
        fail("a `%` is not followed by two hexadecimal digits; write `%25` for the sign itself");
        return;
      }
      *literal = std::move(*meant);
    }
    if (!name) {
      fail("a `%` is not followed by two hexadecimal digits; write `%25` for the sign itself");
      return;
    }
    out_.query.push_back({*name, text_template(std::move(value_)), value_begun_});
    name_.clear();
    value_.clear();
    value_begun_ = false;
  }

  void fail(std::string why, std::optional<std::size_t> at = {}) {
    if (!failed_) r_.error(at ? r_.part(from_, *at, 2) : from_.where, std::move(why));
    failed_ = true;
  }

  reader& r_;
  const node& from_;
  target out_;
  state at_ = state::service;
  std::string literal_;
  std::string name_;
  std::vector<text_template::part> value_;
  bool value_begun_ = false;
  bool begun_ = false;
  bool client_ = false;
  bool failed_ = false;
};

class target_type final : public type<config::target> {
 public:
  explicit target_type(bool proxy) : proxy_(proxy) {}
  std::optional<config::target> read(reader& r, const node& from) const override {
    auto made = target_reader(r, from).read();
    if (!made) return made;
    if (!made->has_path && (!proxy_ || made->has_query)) {
      r.error(from.where, "a call needs a path behind the service; write `" + made->service + "/" +
                              (made->has_query ? "?…`" : "`"));
      return std::nullopt;
    }
    if (made->client_query && !made->query.empty()) {
      r.error(
          from.where,
          "the client's query cannot be joined to a query of the template's own, where it could "
          "overrule it; pass single parameters on: `name=${query.name}`");
      return std::nullopt;
    }
    return made;
  }
  std::string word() const override {
    return proxy_ ? "`service`, or `service/path?query`" : "`service/path?query`";
  }
  void schema(schema_writer& to) const override { to.text(); }

 private:
  bool proxy_;
};

}  // namespace

bool says(const expression::ast& e, std::string_view what) {
  std::string bare(e.text());
  std::erase(bare, ' ');
  return bare == what;
}

namespace types {
const type<config::target>& target() {
  static const target_type t(false);
  return t;
}
const type<config::target>& proxy_target() {
  static const target_type t(true);
  return t;
}
}  // namespace types

}  // namespace weir::gateway::config
