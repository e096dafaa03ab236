#pragma once

#include <string>

namespace weir::gateway::config {

// The JSON Schema (draft 7) of a configuration, made of the tables that read it: for completion and
// checking in editors.
std::string json_schema();

// docs/configuration.md's reference of all keys, made of the same tables: Markdown.
std::string reference();

}  // namespace weir::gateway::config
