#pragma once

#include <libfyaml.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "weir/gateway/config/node.hpp"
#include "weir/gateway/config/problem.hpp"
#include "yaml_repair.hpp"

namespace weir::gateway::config {

// One reading of the text: events into a tree, an explicit stack in place of recursion.
class tree_builder {
 public:
  tree_builder(const source& in, yaml_repair& repair, problems& found)
      : in_(in), repair_(repair), found_(found) {}

  node root;
  bool too_deep = false;
  bool repaired = false;  // read again: the text has changed
  std::vector<problem> broken;

  // False: stop reading.
  bool on_event(fy_event& e);

 private:
  struct level {
    node made;
    bool flow = false;
    bool key_next = true;                       // of a mapping
    bool skip = false;                          // its key was refused: read, and dropped
    std::map<std::string, std::uint32_t> seen;  // each key's place, also of what was dropped
  };

  void refuse_properties(fy_token* anchor, fy_token* tag);
  // The mark of an anchor or alias begins behind its sign.
  place with_sign(place at, char sign) const;
  bool on_alias(fy_token* name);
  bool on_scalar(fy_token* value);
  bool open(node::kind what, fy_token* start);
  void close(fy_token* end);
  void add(node n);
  // What was refused is not there: a second message about it would only echo the first.
  void drop();
  bool take_key(level& l, node key);

  const source& in_;
  yaml_repair& repair_;
  problems& found_;
  std::vector<level> stack_;
  std::uint32_t last_ = 0;  // the end of what was read last
  int documents_ = 0;
};

}  // namespace weir::gateway::config
