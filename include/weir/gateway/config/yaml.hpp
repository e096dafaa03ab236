#pragma once

#include "weir/gateway/config/node.hpp"
#include "weir/gateway/config/problem.hpp"

namespace weir::gateway::config {

// Reads one YAML document. Refuses, each with its place: tags, anchors, aliases, merge keys,
// duplicate keys, keys that are no text, a second document, nesting deeper than 64. An expression
// that YAML takes apart because it is not quoted is reported with its quoted form, and read as it
// was meant, so that the other problems of the file are found in the same run.
// False when so little could be read that checking on would only mislead.
bool parse_yaml(const source& in, node& into, problems& found);

}  // namespace weir::gateway::config
