#include "systems/gists/api.hpp"

#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "weir/base/arena.hpp"
#include "weir/json/parser.hpp"

namespace weir::systems::gists {

void serve_api(service& to, const std::string& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  json::parser parser;
  arena memory;
  const std::string list = text.str();
  const auto parsed = parser.parse(list, memory);
  if (!in || !parsed || !parsed->is(json::kind::array)) {
    throw std::runtime_error(file.empty()
                                 ? "systems/gists/gists.json is missing; name one with --gists"
                                 : file + " is no list of gists");
  }
  auto by_id = std::make_shared<std::map<std::string, std::string, std::less<>>>();
  for (json::value gist : parsed->elements()) {
    const auto id = gist.find("id").as_string(memory);
    if (id) by_id->emplace(*id, gist.raw());
  }
  to.get("/gists/public", [list](const call_ptr& c) { c->json(list); });
  to.get("/gists/{id}", [by_id](const call_ptr& c) {
    const auto found = by_id->find(c->parameter());
    if (found == by_id->end()) return c->problem(404, "there is no such gist");
    c->json(found->second);
  });
}

}  // namespace weir::systems::gists
