#pragma once

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/gateway/config/suggest.hpp"
#include "weir/gateway/config/types.hpp"

namespace weir::gateway::config {

std::string plural(std::string_view word);

// One key of a mapping, as the reference and the schema tell of it.
struct key_info {
  std::string_view name;
  const any_type* type = nullptr;
  std::string_view about;       // one sentence
  std::string_view by_default;  // what holds without it; empty: nothing to say
  std::string_view later;       // set: known, but not in this version; says what it is for
  std::string_view elsewhere;   // set: it is looked for here, but stands somewhere else; says where
  bool required = false;
};

// A mapping with fixed keys: the one list that reading, suggestions, the schema and the reference
// are made of.
class any_table {
 public:
  std::string_view name() const noexcept { return name_; }  // "service"
  std::string_view about() const noexcept { return about_; }
  const std::vector<key_info>& keys() const noexcept { return keys_; }

 protected:
  any_table(std::string_view name, std::string_view about) : name_(name), about_(about) {}
  ~any_table() = default;

  // How messages call it: "a service", "`retry`".
  std::string called() const;
  // Tells of a key that is not in the list, or not in this version.
  void refuse(reader& r, const node& key) const;
  // False, and told, where `from` is no mapping.
  bool expect_mapping(reader& r, const node& from) const;
  void empty_value(reader& r, const node& key) const;
  void missing_key(reader& r, const node& from, std::string_view key) const;

  std::string_view name_;
  std::string_view about_;
  std::vector<key_info> keys_;
};

template <class Into>
struct row {
  key_info info;
  void (*read)(const any_type&, reader&, const node& key, const node& value, Into&) = nullptr;
};

namespace detail {
template <class M>
struct member_of;
template <class Into, class T>
struct member_of<setting<T> Into::*> {
  using into = Into;
  using value = T;
};

template <auto First, auto... More>
struct last_member : last_member<More...> {};
template <auto Last>
struct last_member<Last> : member_of<decltype(Last)> {};

template <class T>
void read_setting(const any_type& t, reader& r, const node& key, const node& value,
                  setting<T>& into) {
  into.given = true;
  into.key = key.where;
  into.where = value.where;
  into.value = static_cast<const type<T>&>(t).read(r, value);
}
}  // namespace detail

// A row for a setting: key<&retry_document::attempts>("attempts", types::at_least_one(), "…").
template <auto Member>
auto key(std::string_view name, const type<typename detail::member_of<decltype(Member)>::value>& t,
         std::string_view about, std::string_view by_default = {}) {
  using into_type = typename detail::member_of<decltype(Member)>::into;
  row<into_type> made;
  made.info = {name, &t, about, by_default, {}, {}, false};
  made.read = [](const any_type& with, reader& r, const node& k, const node& v, into_type& into) {
    detail::read_setting(with, r, k, v, into.*Member);
  };
  return made;
}

// The same for a setting of a part of a part:
// key_at<service_document, &service_document::words, &policy_document::timeout>(…).
template <class Into, auto... Path>
row<Into> key_at(std::string_view name, const type<typename detail::last_member<Path...>::value>& t,
                 std::string_view about, std::string_view by_default = {}) {
  row<Into> made;
  made.info = {name, &t, about, by_default, {}, {}, false};
  made.read = [](const any_type& with, reader& r, const node& k, const node& v, Into& into) {
    detail::read_setting(with, r, k, v, (into.*....*Path));
  };
  return made;
}

template <class Into>
row<Into> required(row<Into> made) {
  made.info.required = true;
  return made;
}

// A key of a later version.
template <class Into>
row<Into> later(std::string_view name, std::string_view what_for) {
  row<Into> made;
  made.info = {name, nullptr, {}, {}, what_for, {}, false};
  return made;
}

// A key that belongs elsewhere, and is often looked for here.
template <class Into>
row<Into> elsewhere(std::string_view name, std::string_view where) {
  row<Into> made;
  made.info.name = name;
  made.info.elsewhere = where;
  return made;
}

template <class Into>
class table final : public any_table, public type<Into> {
 public:
  table(std::string_view name, std::string_view about, std::vector<row<Into>> rows)
      : any_table(name, about), rows_(std::move(rows)) {
    for (const row<Into>& each : rows_) keys_.push_back(each.info);
  }

  // A scalar that stands for a whole mapping: `products: http://…`.
  using shorthand = bool (*)(reader&, const node&, Into&);
  table& with_shorthand(std::string_view key, shorthand s) {
    shorthand_key_ = key;
    shorthand_ = s;
    return *this;
  }
  std::string_view shorthand_key() const noexcept { return shorthand_key_; }

  std::optional<Into> read(reader& r, const node& from) const override {
    Into into{};
    if (shorthand_ != nullptr && from.is_scalar()) {
      if (!shorthand_(r, from, into)) return std::nullopt;
      return into;
    }
    if (!expect_mapping(r, from)) return std::nullopt;
    read_into(r, from, into);
    return into;
  }

  void read_into(reader& r, const node& from, Into& into) const {
    for (std::size_t i = 0; i < from.keys.size(); ++i) {
      const node& k = from.keys[i];
      const auto found = std::find_if(rows_.begin(), rows_.end(), [&](const row<Into>& candidate) {
        return candidate.info.name == k.text;
      });
      if (found == rows_.end() || found->read == nullptr) {
        refuse(r, k);
      } else if (from.items[i].is_empty()) {
        empty_value(r, k);
      } else {
        found->read(*found->info.type, r, k, from.items[i], into);
      }
    }
    for (const row<Into>& each : rows_) {
      if (each.info.required && from.find(each.info.name) == nullptr &&
          !r.has_error_in(from.where)) {
        missing_key(r, from, each.info.name);
      }
    }
  }

  std::string word() const override { return std::string(name_); }
  void schema(schema_writer& to) const override;

 private:
  std::vector<row<Into>> rows_;
  std::string_view shorthand_key_;
  shorthand shorthand_ = nullptr;
};

void refer_to_table(schema_writer& to, const any_table& t, std::string_view shorthand_key);

template <class Into>
void table<Into>::schema(schema_writer& to) const {
  refer_to_table(to, *this, shorthand_key_);
}

void refuse_word(reader& r, const node& from);  // neither `off` nor a mapping

// `off`, or a mapping.
template <class T>
class off_or final : public type<switchable<T>> {
 public:
  explicit off_or(const type<T>& inner) : inner_(inner) {}
  std::optional<switchable<T>> read(reader& r, const node& from) const override {
    if (from.is_scalar() && from.text == "off") return switchable<T>{};
    if (from.is_scalar()) {
      refuse_word(r, from);
      return std::nullopt;
    }
    std::optional<T> on = inner_.read(r, from);
    if (!on) return std::nullopt;
    return switchable<T>{std::move(on)};
  }
  std::string word() const override { return inner_.word() + ", or `off`"; }
  void schema(schema_writer& to) const override;

 private:
  const type<T>& inner_;
};

void schema_off_or(schema_writer& to, const any_type& inner);
template <class T>
void off_or<T>::schema(schema_writer& to) const {
  schema_off_or(to, inner_);
}

// A list of mappings or scalars of one type.
template <class T>
class list_of final : public type<std::vector<T>> {
 public:
  explicit list_of(const type<T>& inner) : inner_(inner) {}
  std::optional<std::vector<T>> read(reader& r, const node& from) const override {
    if (!from.is_list()) {
      r.error(from.where,
              "expected a list of " + inner_.word() + "s; write `[…]`, or each after a `- `");
      return std::nullopt;
    }
    std::vector<T> out;
    for (const node& item : from.items) {
      if (auto read = inner_.read(r, item)) out.push_back(std::move(*read));
    }
    return out;
  }
  std::string word() const override { return "list of " + plural(inner_.word()); }
  void schema(schema_writer& to) const override;

 private:
  const type<T>& inner_;
};

void schema_list_of(schema_writer& to, const any_type& inner);
template <class T>
void list_of<T>::schema(schema_writer& to) const {
  schema_list_of(to, inner_);
}

// A mapping from names that the user chose.
struct name_rule {
  std::string_view what;  // "service"
  bool dashes = true;
  bool (*fits)(reader&, const node& key) = nullptr;  // instead of the rule for names
};

template <class T>
class named_map final : public type<std::vector<named<T>>> {
 public:
  named_map(name_rule rule, const type<T>& inner) : rule_(rule), inner_(inner) {}
  std::optional<std::vector<named<T>>> read(reader& r, const node& from) const override {
    if (!from.is_mapping()) {
      r.error(from.where, "expected a mapping from names to " + std::string(rule_.what) +
                              "s, and this is " + std::string(describe(from)));
      return std::nullopt;
    }
    std::vector<named<T>> out;
    for (std::size_t i = 0; i < from.keys.size(); ++i) {
      const node& k = from.keys[i];
      if (rule_.fits != nullptr) {
        if (!rule_.fits(r, k)) continue;
      } else if (!is_name(k.text, rule_.dashes)) {
        r.error(k.where, "`" + k.text + "` cannot be the name of a " + std::string(rule_.what) +
                             "; begin with a small letter and go on with letters, digits" +
                             (rule_.dashes ? ", `_` and `-`" : " and `_`"));
      }
      std::optional<T> read;
      if (from.items[i].is_empty()) {
        r.error(k.where, "the " + std::string(rule_.what) + " `" + k.text +
                             "` is empty; describe it, or take the line out");
      } else {
        read = inner_.read(r, from.items[i]);
      }
      // One that is not as it should be is there all the same: who refers to it makes no mistake.
      out.push_back(
          {k.text, k.where, read ? std::move(*read) : T(), k.where.until(from.items[i].where)});
    }
    return out;
  }
  std::string word() const override { return "mapping from names to " + plural(inner_.word()); }
  void schema(schema_writer& to) const override;

 private:
  name_rule rule_;
  const type<T>& inner_;
};

void schema_named_map(schema_writer& to, const any_type& inner);
template <class T>
void named_map<T>::schema(schema_writer& to) const {
  schema_named_map(to, inner_);
}

}  // namespace weir::gateway::config
