#pragma once

#include <string>
#include <string_view>

#include "weir/base/result.hpp"
#include "weir/gateway/expression/problem.hpp"
#include "weir/gateway/expression/program.hpp"

namespace weir::gateway::expression {

struct evaluation_failure {
  problems in_expression;  // offsets in the expression
  problems in_document;    // offsets in the document
  std::string message;     // the value is an error, or missing
};

// `weir eval`: the value of an expression over a JSON document, as JSON. The document as a whole is
// `this` and `body`; if it is an object, its members are names too. An empty document: none.
result<std::string, evaluation_failure> evaluate_text(std::string_view expression,
                                                      std::string_view document,
                                                      const environment* world = nullptr);

}  // namespace weir::gateway::expression
