#include "systems/stage/edited_copy.hpp"

#include <fstream>

namespace weir::stage {

namespace {

bool apply(const edit& e, std::string& line) {
  const std::size_t at = line.find(e.find);
  if (at == std::string::npos) return false;
  switch (e.of) {
    case edit::extent::text:
      line.replace(at, e.find.size(), e.put);
      break;
    case edit::extent::rest_of_line:
      line.replace(at, line.size() - at, e.put);
      break;
    case edit::extent::line:
      line = e.put;
      break;
  }
  return true;
}

}  // namespace

std::optional<std::string> copy_edited(const std::string& from, const std::string& to,
                                       const std::vector<edit>& edits) {
  std::ifstream in(from);
  std::ofstream out(to);
  std::vector<bool> found(edits.size(), false);
  for (std::string line; std::getline(in, line);) {
    for (std::size_t i = 0; i < edits.size(); ++i) {
      if (apply(edits[i], line)) found[i] = true;
    }
    out << line << '\n';
  }
  out.flush();
  if (!in.eof() || !out) return "cannot copy " + from + " to " + to;
  for (std::size_t i = 0; i < edits.size(); ++i) {
    if (!found[i]) return from + " has no '" + edits[i].find + "' to be changed";
  }
  return {};
}

}  // namespace weir::stage
