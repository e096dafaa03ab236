#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/result.hpp"
#include "weir/upstream/instance.hpp"

namespace weir::upstream {

// The last known instances of services, by name, as they are kept on disk for a start without
// Consul or DNS.
using known_instances = std::map<std::string, std::vector<instance_spec>, std::less<>>;

std::string to_json(const known_instances& all);
result<known_instances, std::string> read_known_instances(std::string_view json);

// Replaces the file in one step, so that a reader (or a crash) never finds half of it.
result<void, std::string> write_file(const std::string& path, std::string_view text);
result<std::string, std::string> read_file(const std::string& path);

}  // namespace weir::upstream
