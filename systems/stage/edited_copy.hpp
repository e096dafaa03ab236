#pragma once

#include <optional>
#include <string>
#include <vector>

namespace weir::stage {

// What is to be different in a copy of a configuration: a part left out to see what it is for, or a
// time that is shorter than in earnest.
struct edit {
  enum class extent { text, rest_of_line, line };
  std::string find;
  std::string put;  // in place of `find`, of it and the rest of its line, or of the whole line
  extent of = extent::text;
};

// Copies a file line by line. The error is a sentence; an edit that finds nothing is one.
std::optional<std::string> copy_edited(const std::string& from, const std::string& to,
                                       const std::vector<edit>& edits);

}  // namespace weir::stage
