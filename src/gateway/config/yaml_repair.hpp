#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/gateway/config/source.hpp"

namespace weir::gateway::config {

// Expressions that YAML takes apart because they are not quoted: `{a: ${b}}`, `${c ? 1 : 2}`,
// `${d # e}`. They are found where a plain scalar ends inside one, reported with their quoted form,
// and blotted out in a copy of the text (same length, so that every place stays right), which is
// then read again.
class yaml_repair {
 public:
  explicit yaml_repair(const std::string& text) : text_(text) {}

  // The text as it is to be read now.
  const std::string& text() const noexcept { return text_; }

  // Whether the plain scalar at `scalar` breaks off inside an expression. If so, blots it out.
  struct broken {
    place expression;
    std::string quoted;  // how the whole scalar is to be written
  };
  std::optional<broken> examine(const source& in, place scalar, bool in_flow);

  // What stood in the file where a scalar of the repaired text is; empty: nothing was changed
  // there.
  std::optional<std::string> original(const source& in, place scalar) const;

 private:
  std::string text_;
  std::vector<place> blots_;
};

}  // namespace weir::gateway::config
