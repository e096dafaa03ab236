#pragma once

#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/arena.hpp"
#include "weir/base/result.hpp"
#include "weir/gateway/expression/parse.hpp"
#include "weir/gateway/expression/problem.hpp"
#include "weir/gateway/expression/value.hpp"

namespace weir::gateway::expression {

// What an expression may ask of the world besides its names.
class environment {
 public:
  // The local calendar time, for clock('%M:%S').
  virtual std::tm local_time() const = 0;

 protected:
  ~environment() = default;
};

// Bounds on one evaluation; beyond them it ends with an error of kind `limit`.
struct evaluation_limits {
  std::uint32_t steps = 1'000'000;         // about 10 ms
  std::uint32_t bytes = 16 * 1024 * 1024;  // of computed text, lists and maps
};

// What an evaluation reads: the values of the names by slot, and memory for what it makes.
struct frame {
  std::span<const value> slots;
  arena* memory = nullptr;
  const environment* world = nullptr;  // none: clock() is an error
  evaluation_limits limits{};
  std::uint64_t* steps = nullptr;  // where the steps are added up that evaluations took
};

struct code;  // src/gateway/expression/code.hpp

// Where the value of a name is found in frame::slots.
using slot_resolver = std::function<std::optional<std::uint16_t>(std::string_view name)>;

// A compiled expression. Immutable, cheap to copy, shared by threads. One that is default-made is
// `null`. Evaluation allocates from the frame's arena alone and throws std::bad_alloc alone; all
// that can go wrong otherwise is an error value.
class program {
 public:
  program() noexcept = default;
  explicit program(std::shared_ptr<const code> of) noexcept : code_(std::move(of)) {}

  value evaluate(const frame& in) const;

  // The slots it reads, ascending: a step waits for these.
  std::span<const std::uint16_t> slots() const noexcept;
  std::string_view text() const noexcept;  // as written

 private:
  std::shared_ptr<const code> code_;
};

// Fails only for names that the resolver does not know.
result<program, problems> compile(const ast& of, const slot_resolver& slot_of);

// A scalar of the configuration with expressions in it, compiled; see template.hpp.
class text_program {
 public:
  struct part {
    std::string literal;  // goes before the expression
    std::optional<program> slot;
  };

  text_program() = default;
  explicit text_program(std::vector<part> parts) : parts_(std::move(parts)) {}
  static text_program constant(std::string text);

  // Without expressions: the text.
  bool is_constant() const noexcept;
  // Exactly one expression: the value keeps its type.
  bool is_single() const noexcept;
  std::span<const part> parts() const noexcept { return parts_; }
  // The slots that all its expressions read, ascending.
  std::vector<std::uint16_t> slots() const;

  // A single expression's value as it is; else text. A part that is null makes the whole null, one
  // that is missing makes it missing, one in error is the error.
  value evaluate(const frame& in) const;
  // The same, but a single expression becomes text too.
  value evaluate_text(const frame& in) const;

 private:
  std::vector<part> parts_;
};

}  // namespace weir::gateway::expression
