#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "weir/gateway/config/document.hpp"
#include "weir/gateway/config/node.hpp"
#include "weir/gateway/config/problem.hpp"

namespace weir::gateway::config {

// What reading a document needs at hand: the file, where to put problems, the environment.
class reader {
 public:
  reader(const source& in, problems& found, const expression::environment_lookup& environment)
      : in_(in), found_(found), environment_(environment) {}

  const source& file() const noexcept { return in_; }
  const expression::environment_lookup& environment() const noexcept { return environment_; }

  void error(place where, std::string what, std::string suggestion = {}) {
    found_.error(where, std::move(what), std::move(suggestion));
  }
  bool has_error_in(place stretch) const noexcept { return found_.has_error_in(stretch); }
  void warn(place where, std::string what) { found_.warn(where, std::move(what)); }

  // A scalar with the environment put in. `expected` completes "expected …" where it is none.
  std::optional<std::string> text(const node& from, std::string_view expected);
  // A part of a scalar's text as a place in the file.
  place part(const node& scalar, std::size_t offset, std::size_t length) const;

  std::optional<template_text> read_template(const node& from);
  // With or without `${…}` around it.
  std::optional<expression_text> read_expression(const node& from);
  // `products as p`; several, with commas between, where `many`.
  std::vector<each_source> read_sources(const node& from, bool many);

  void report(const expression::problems& all, const node& scalar, std::size_t shift = 0);

 private:
  std::optional<each_source> read_source(const node& from, std::size_t begin, std::size_t end);

  const source& in_;
  problems& found_;
  const expression::environment_lookup& environment_;
};

// What a message shows of a wrong value: as it stands in the file, so that no value of the
// environment is printed.
std::string shown(const node& from);

// 'word' → `word`: how all messages write what is written in a file.
std::string with_backticks(std::string text);

// Begins with a small letter; then letters, digits, `_`; and `-` where no expression must spell it.
bool is_name(std::string_view text, bool dashes) noexcept;

}  // namespace weir::gateway::config
