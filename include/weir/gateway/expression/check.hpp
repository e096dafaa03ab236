#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "weir/gateway/expression/parse.hpp"
#include "weir/gateway/expression/problem.hpp"
#include "weir/gateway/expression/value.hpp"

namespace weir::gateway::expression {

// Types a value may have: one bit for each.
using type_set = std::uint32_t;
constexpr type_set bit(type t) noexcept {
  return 1u << static_cast<unsigned>(t);
}
inline constexpr type_set numbers =
    bit(type::integer) | bit(type::uinteger) | bit(type::real) | bit(type::exact);
inline constexpr type_set absent = bit(type::null) | bit(type::missing);
inline constexpr type_set anything = (bit(type::type) << 1) - 1;

// What is known of a value before it is there: which types it may have, and its members if those
// are known. Cheap to copy.
class static_type {
 public:
  static_type() noexcept = default;  // anything
  explicit static_type(type_set may_be) noexcept : may_be_(may_be) {}

  static static_type any() noexcept { return {}; }
  static static_type text() noexcept { return static_type(bit(type::text)); }
  static static_type number() noexcept { return static_type(numbers); }
  static static_type boolean() noexcept { return static_type(bit(type::boolean)); }
  static static_type null() noexcept { return static_type(bit(type::null)); }
  static static_type list(static_type of = any());
  static static_type map() noexcept { return static_type(bit(type::map)); }
  // An object with exactly these members: any other name is a mistake.
  static static_type object(std::map<std::string, static_type, std::less<>> members);

  static_type or_null() const { return with(bit(type::null)); }
  static_type or_missing() const { return with(bit(type::missing)); }
  static_type with(type_set more) const;
  static_type without(type_set less) const;
  static_type either(const static_type& other) const;

  type_set may_be() const noexcept { return may_be_; }
  bool may_be(type_set any_of) const noexcept { return (may_be_ & any_of) != 0; }
  const std::map<std::string, static_type, std::less<>>* members() const noexcept;
  static_type element() const;

 private:
  struct parts;
  type_set may_be_ = anything;
  std::shared_ptr<const parts> parts_;
};

// The names an expression may begin with, and what is known of them.
class type_environment {
 public:
  void add(std::string name, static_type of = static_type::any()) {
    names_.insert_or_assign(std::move(name), std::move(of));
  }
  const static_type* find(std::string_view name) const noexcept;
  const std::map<std::string, static_type, std::less<>>& names() const noexcept { return names_; }

 private:
  std::map<std::string, static_type, std::less<>> names_;
};

struct checked {
  expression::problems problems;
  std::set<std::string, std::less<>> roots;  // names referred to, variables of macros left out
  static_type result;
};

// Finds unknown names and members, and operators that can never work on what they are given.
checked check(const ast& of, const type_environment& names);

// "did you mean 'products'?" for the nearest of the candidates; empty if none is near.
std::string suggest(std::string_view name, const std::vector<std::string_view>& candidates);

}  // namespace weir::gateway::expression
