#include "systems/presentations/show.hpp"

#include "systems/presentations/story.hpp"

namespace weir::systems::presentations {

namespace {

using namespace std::chrono_literals;
using stage::at_port;

constexpr story_times in_earnest{1s, 10s};
constexpr story_times in_short{400ms, 1s};

struct ports {
  explicit ports(const stage::show_options& how)
      : authors(how.port(0, 8081)),
        presentations(how.port(1, 8082)),
        gateway(how.port(2, 8083)),
        admin(how.port(3, 9901)) {}

  const std::uint16_t authors, presentations, gateway, admin;
};

// The configuration as it is shipped, or without the part whose use is to be shown.
std::vector<stage::edit> edits(const stage::show_options& how) {
  using extent = stage::edit::extent;
  std::vector<stage::edit> made;
  if (!how.breaker) made.push_back({"breaker:", "breaker: off", extent::rest_of_line});
  if (!how.defaults) made.push_back({"default: {last_name", "", extent::line});
  if (how.quick) {
    made.push_back({"timeout: 1s", "timeout: 400ms"});
    if (how.breaker) made.push_back({"open: 10s", "open: 1s"});
  }
  return made;
}

void hire(stage::company& into, const stage::show_options& how) {
  const std::string copy =
      stage::configuration_of("presentations/presentations.yaml", into, edits(how));
  const std::string services = stage::program("weir-presentations");
  const ports at(how);
  const auto service = [&](const std::string& name, std::uint16_t port) {
    into.add({name,
              {services, name, "--listen", at_port(port), "--faults", "--dsn",
               "sqlite:" + (into.directory() / (name + ".db"))},
              {},
              port});
  };
  service("authors", at.authors);
  service("presentations", at.presentations);
  into.add(
      {"gateway",
       {stage::program("weir"), "serve", copy, "--log-json", "--log-level", "debug"},
       {"MAIN_PORT=" + std::to_string(at.gateway), "MAIN_ADMIN_PORT=" + std::to_string(at.admin),
        "AUTHORS_PORT=" + std::to_string(at.authors),
        "PRESENTATIONS_PORT=" + std::to_string(at.presentations)},
       at.gateway,
       at.admin});
}

bool begin(stage::performance& show, stage::company& company, const stage::show_options& how) {
  hire(company, how);
  show.told().event("starting authors, presentations and the gateway");
  return show.begin(company);
}

void play(stage::performance& show, const stage::show_options& how) {
  for (const manner m : {manner::stopped, manner::frozen}) {
    if (show.interrupted()) return;
    stage::company company(show.loop(), "presentations", how.keep_logs, show.listener());
    if (!begin(show, company, how)) return;
    show.play([&] {
      play_outage(company, show.told(), m, how.quick ? in_short : in_earnest,
                  [&show] { return show.interrupted(); });
    });
    show.end(company);
  }
}

std::string greeting(const ports& at) {
  const std::string page = "http://" + at_port(at.gateway) + "/presentationsAndAuthor";
  return "The presentations are open: " + page +
         "/First%20Presentation\n\nTo try, in another terminal:\n  curl -s " + page +
         "/First%20Presentation\n  curl -s http://" + at_port(at.presentations) +
         "/presentations/Second%20Presentation\n  curl -s http://" + at_port(at.authors) +
         "/authors/1\n  curl -s http://" + at_port(at.admin) + "/circuits\n";
}

void stay_open(stage::performance& show, const stage::show_options& how) {
  stage::company company(show.loop(), "presentations", how.keep_logs, show.listener());
  if (!begin(show, company, how)) return;
  const auto freeze = [&] {
    if (!company.running("authors")) return show.told().event("authors is not there");
    const bool thaw = company.frozen("authors");
    thaw ? company.thaw("authors") : company.freeze("authors");
    show.told().event(thaw ? "authors goes on" : "authors stands still");
  };
  show.stay_open(company, greeting(ports(how)),
                 {{'1', "authors stop or start", [&] { show.toggle(company, "authors"); }},
                  {'2', "presentations likewise", [&] { show.toggle(company, "presentations"); }},
                  {'f', "freeze authors or let them go on", freeze}});
}

}  // namespace

int show(const stage::show_options& how) {
  stage::performance performance;
  how.scenario.empty() ? stay_open(performance, how) : play(performance, how);
  return performance.over();
}

}  // namespace weir::systems::presentations
