// Any bytes as a configuration: everything wrong is told with a place inside the file, and what is
// sound can be compiled and explained.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "weir/gateway/config/load.hpp"
#include "weir/gateway/plan/compile.hpp"
#include "weir/gateway/plan/explain.hpp"

namespace {

std::optional<std::string> environment(std::string_view name) {
  if (name.size() % 2 == 0) return std::nullopt;
  return std::string(name);
}

void demand(bool good) {
  if (!good) std::abort();
}

}  // namespace

// libfyaml 0.7.12 forgets a block of 4 KiB at some syntax errors; that is not ours to find here.
extern "C" const char* __lsan_default_suppressions() {  // NOLINT: the sanitizer's own name
  return "leak:libfyaml";
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::gateway;
  config::loaded l =
      config::load_text("f", std::string(reinterpret_cast<const char*>(data), size), environment);
  const std::size_t end = l.what.from->text().size();
  for (const config::problem& p : l.found.all()) {
    demand(p.where.offset <= end && !p.what.empty());
    demand(p.where.length <= end + 1);
  }
  const std::string told = config::print(l.found, *l.what.from);
  demand(told.empty() == l.found.empty());
  if (!l.ok()) return 0;

  weir::upstream::service_registry services;
  const auto made = compile(l.what, services, l.found);
  demand(made || l.found.has_errors());
  if (!made) return 0;
  demand(made->routes.size() == l.what.routes->size());
  for (const route_plan& r : made->routes) demand(!to_text(explain(l.what, r)).empty());
  return 0;
}
