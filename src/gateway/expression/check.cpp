#include "weir/gateway/expression/check.hpp"

#include "inference.hpp"

namespace weir::gateway::expression {

struct static_type::parts {
  std::optional<std::map<std::string, static_type, std::less<>>> members;
  std::optional<static_type> element;
};

static_type static_type::list(static_type of) {
  static_type made(bit(type::list));
  made.parts_ = std::make_shared<const parts>(parts{std::nullopt, std::move(of)});
  return made;
}

static_type static_type::object(std::map<std::string, static_type, std::less<>> members) {
  static_type made(bit(type::map));
  made.parts_ = std::make_shared<const parts>(parts{std::move(members), std::nullopt});
  return made;
}

static_type static_type::with(type_set more) const {
  static_type made = *this;
  made.may_be_ |= more;
  return made;
}

static_type static_type::without(type_set less) const {
  static_type made = *this;
  made.may_be_ &= ~less;
  return made;
}

static_type static_type::either(const static_type& other) const {
  static_type made = with(other.may_be_);
  constexpr type_set with_parts = bit(type::list) | bit(type::map);
  if (!may_be(with_parts)) {
    made.parts_ = other.parts_;
  } else if (other.may_be(with_parts) && parts_ != other.parts_) {
    made.parts_ = nullptr;
  }
  return made;
}

const std::map<std::string, static_type, std::less<>>* static_type::members() const noexcept {
  if (!parts_ || !parts_->members || may_be(bit(type::list))) return nullptr;
  return &*parts_->members;
}

static_type static_type::element() const {
  return parts_ && parts_->element ? *parts_->element : any();
}

const static_type* type_environment::find(std::string_view name) const noexcept {
  const auto found = names_.find(name);
  return found == names_.end() ? nullptr : &found->second;
}

checked check(const ast& of, const type_environment& names) {
  checked out;
  inference walk(of.get(), names, out);
  out.result = walk.run();
  return out;
}

}  // namespace weir::gateway::expression
