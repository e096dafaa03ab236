// weir-gists: passes on public gists from an outside API, and a stand-in for that API.
#include <CLI/CLI.hpp>

#include "systems/common/program.hpp"
#include "systems/common/web.hpp"
#include "systems/gists/api.hpp"
#include "systems/gists/gists.hpp"
#include "systems/stage/place.hpp"
#include "weir/base/duration_text.hpp"

namespace {

// Checks of options: what is wrong, or nothing.
std::string is_api(const std::string& url) {
  if (const auto wrong = weir::systems::wrong_url(url)) return *wrong;
  if (url.find('?') != std::string::npos) return "'" + url + "' has a query: paths are added to it";
  return {};
}

std::string is_some_time(const std::string& text) {
  const auto read = weir::parse_duration(text);
  return read && *read < std::chrono::milliseconds(1) ? text + " is less than 1ms" : std::string();
}

}  // namespace

int main(int argc, char** argv) {
  using namespace weir::systems;
  gists::gists_options with;
  std::string file;
  service_program program;
  program.name = "weir-gists";
  program.help =
      "Examples:\n"
      "  weir-gists serve                                            from api.github.com\n"
      "  weir-gists api --faults                                     a stand-in for it\n"
      "  weir-gists serve --api http://127.0.0.1:8070/gists          from the stand-in\n\n"
      "Public gists of an outside API, behind circuit breakers of libweir.";
  program.kinds = {
      {.name = "serve",
       .what = "GET /, /cutout, /cutout/{id} and /statistics",
       .listen = "127.0.0.1:8080",
       .serve = [&with](service& s, storage*) { gists::serve_gists(s, with); },
       .options =
           [&with](CLI::App& app) {
             app.add_option("--api", with.api, "URL (default " + with.api + ")")->check(is_api);
             app.add_option("--ca", with.ca_file,
                            "PEM file to verify it by (default: the system's)")
                 ->check(CLI::ExistingFile);
             add_duration(app, "--timeout", with.timeout, "how long it may take")
                 ->check(is_some_time);
             app.add_flag("!--no-breaker", with.breaker, "let everything through");
             app.add_option_function<std::string>(
                    "--profile",
                    [&with](const std::string& named) {
                      with.profile =
                          named == "aiomisc" ? gists::profile::aiomisc : gists::profile::ratio;
                    },
                    "what the ratio is of: all calls, or aiomisc's buckets (default ratio)")
                 ->check(CLI::IsMember({"ratio", "aiomisc"}));
             add_duration(app, "--within", with.context.within, "the context's window")
                 ->check(is_some_time);
             add_duration(app, "--broken", with.context.broken, "how long it stays broken")
                 ->check(is_some_time);
             add_duration(app, "--recovery", with.context.recovery, "and recovers")
                 ->check(is_some_time);
             add_duration(app, "--cutout-within", with.cutout.within, "the decorators' window")
                 ->check(is_some_time);
             add_duration(app, "--cutout-broken", with.cutout.broken, "how long they stay broken")
                 ->check(is_some_time);
             add_duration(app, "--cutout-recovery", with.cutout.recovery, "and recover")
                 ->check(is_some_time);
           }},
      {.name = "api",
       .what = "the stand-in: GET /gists/public and /gists/{id}",
       .listen = "127.0.0.1:8070",
       .serve =
           [&file](service& s, storage*) {
             const auto kept = weir::stage::find_data("gists/gists.json");
             if (file.empty() && kept) file = kept->string();
             gists::serve_api(s, file);
           },
       .options =
           [&file](CLI::App& app) {
             app.add_option("--gists", file, "the list (default: the one kept with the project)");
           }},
  };
  return program.run(argc, argv);
}
