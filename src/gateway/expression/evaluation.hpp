#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "code.hpp"
#include "equality.hpp"
#include "function_table.hpp"
#include "numbers.hpp"
#include "weir/gateway/expression/program.hpp"

namespace weir::gateway::expression {

// What functions and operators need of the evaluation they are part of: memory, the bounds, and a
// way to fail.
class evaluation {
 public:
  explicit evaluation(const frame& in) noexcept
      : in_(in), budget_(in.limits.steps), bytes_left_(in.limits.bytes) {}

  arena& memory() noexcept { return *in_.memory; }
  const environment* world() const noexcept { return in_.world; }
  work_budget& budget() noexcept { return budget_; }

  // False once a bound is passed; then nothing matters but to return.
  bool spend(std::uint64_t steps) noexcept { return budget_.spend(steps); }
  bool spend_bytes(std::uint64_t bytes) noexcept {
    if (bytes > bytes_left_) {
      bytes_left_ = 0;
      budget_.exhaust();
      return false;
    }
    bytes_left_ -= bytes;
    return budget_.spend(bytes / 64);
  }
  bool spent() const noexcept { return budget_.spent(); }
  value out_of_budget() const noexcept;

  // An error whose message is put together from pieces.
  value fail(error_kind kind, std::initializer_list<std::string_view> pieces);
  value fail(error_kind kind, std::string_view message) { return fail(kind, {message}); }
  value fail_absent(const value& missing);

  // A map that is a source made whole; anything else as it is.
  value whole(const value& v);
  // Pays for what a source made to answer.
  value paid(const value& found);

  // Content of text, wherever it is kept; `v` must be text.
  std::string_view text_of(const value& v);

 private:
  const frame& in_;
  work_budget budget_;
  std::uint64_t bytes_left_;
};

// How a type is called in messages.
std::string_view describe(const value& v) noexcept;

// Functions of the table. Types and number of arguments are checked already.
value call_function(function f, std::span<const value> arguments, evaluation& in);
value call_text_function(function f, std::span<const value> arguments, evaluation& in);
value convert(function f, const value& of, evaluation& in);

}  // namespace weir::gateway::expression
