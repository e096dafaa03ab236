#include <string>

#include "weir/gateway/expression/value.hpp"

namespace weir::gateway::expression {
namespace {

constexpr error_info no_members{error_kind::wrong_type,
                                "only an object has members, and this is none"};

}  // namespace

value member(const value& object, std::string_view name, arena& memory) {
  switch (object.kept_as()) {
    case value::storage::null:
    case value::storage::missing:
    case value::storage::error:
      return object;
    case value::storage::json: {
      if (!object.is_map()) break;
      const auto found = object.json_here().find(name);
      return found ? value::json(found) : value::missing(name);
    }
    case value::storage::map:
      for (const auto& entry : object.map_here()) {
        if (entry.key.kept_as() == value::storage::json
                ? entry.key.json_here().equals(name)
                : entry.key.kept_as() == value::storage::text && entry.key.text_here() == name) {
          return entry.content;
        }
      }
      return value::missing(name);
    case value::storage::source: {
      const value found = object.source_here().find(name, memory);
      return found.is_missing() ? value::missing(name) : found;
    }
    default:
      break;
  }
  return value::error(no_members);
}

std::optional<std::size_t> count(const value& container, arena& memory) {
  switch (container.kept_as()) {
    case value::storage::list:
      return container.list_here().size();
    case value::storage::map:
      return container.map_here().size();
    case value::storage::source:
      return entry_cursor(container, memory).left();
    case value::storage::json:
      if (container.is_list() || container.is_map()) return container.json_here().size();
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

element_cursor::element_cursor(const value& list) noexcept {
  if (list.kept_as() == value::storage::list) {
    computed_ = list.list_here().data();
    left_ = list.list_here().size();
  } else if (list.kept_as() == value::storage::json && list.is_list()) {
    parsed_ = list.json_here().elements().begin();
    left_ = list.json_here().size();
  }
}

value element_cursor::operator*() const noexcept {
  return computed_ ? *computed_ : value::json(*parsed_);
}

void element_cursor::advance() noexcept {
  --left_;
  if (computed_) {
    ++computed_;
  } else {
    ++parsed_;
  }
}

entry_cursor::entry_cursor(const value& map, arena& memory) {
  const value whole = map.kept_as() == value::storage::source ? map.source_here().all(memory) : map;
  if (whole.kept_as() == value::storage::map) {
    computed_ = whole.map_here().data();
    left_ = whole.map_here().size();
  } else if (whole.kept_as() == value::storage::json && whole.is_map()) {
    parsed_ = whole.json_here().members().begin();
    left_ = whole.json_here().size();
  }
}

value entry_cursor::key() const noexcept {
  return computed_ ? computed_->key : value::json((*parsed_).name);
}

value entry_cursor::content() const noexcept {
  return computed_ ? computed_->content : value::json((*parsed_).value);
}

void entry_cursor::advance() noexcept {
  --left_;
  if (computed_) {
    ++computed_;
  } else {
    ++parsed_;
  }
}

}  // namespace weir::gateway::expression
