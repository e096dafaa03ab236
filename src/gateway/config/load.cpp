#include "weir/gateway/config/load.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include "tables.hpp"
#include "weir/gateway/config/yaml.hpp"

namespace weir::gateway::config {
namespace {

// A configuration is written by hand; beyond this it is some other file.
constexpr std::size_t largest_file = 4 * 1024 * 1024;

}  // namespace

const named<service_document>* find_service(const document& d, std::string_view name) noexcept {
  if (!d.services) return nullptr;
  for (const auto& s : *d.services) {
    if (s.name == name) return &s;
  }
  return nullptr;
}

const policy_document* find_policy(const document& d, std::string_view name) noexcept {
  if (!d.policies) return nullptr;
  for (const auto& p : *d.policies) {
    if (p.name == name) return &p.value;
  }
  return nullptr;
}

expression::environment_lookup process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* const value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

loaded load_text(std::string name, std::string text,
                 const expression::environment_lookup& environment) {
  loaded out;
  auto file = std::make_shared<const source>(std::move(name), std::move(text));
  out.what.from = file;
  node root;
  if (!parse_yaml(*file, root, out.found)) {
    out.found.sort();
    return out;
  }
  reader r(*file, out.found, environment);
  if (root.is_empty()) {
    r.error({}, "the file says nothing; `weir init` writes one to begin with");
    return out;
  }
  if (auto read = document_table().read(r, root)) {
    out.what = std::move(*read);
    out.what.from = file;
    check(out.what, out.found);
  }
  out.found.sort();
  return out;
}

result<loaded, std::string> load_file(const std::string& path,
                                      const expression::environment_lookup& environment) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return failure(path + ": " + std::strerror(errno));
  std::string text;
  char block[16 * 1024];
  while (in.read(block, sizeof block) || in.gcount() > 0) {
    text.append(block, static_cast<std::size_t>(in.gcount()));
    if (text.size() > largest_file) {
      return failure(path + ": larger than 4 MiB; this is no configuration");
    }
  }
  if (in.bad()) return failure(path + ": " + std::strerror(errno));
  return load_text(path, std::move(text), environment);
}

}  // namespace weir::gateway::config
