#include "systems/gists/show.hpp"

#include <fstream>
#include <iostream>

#include "systems/gists/story.hpp"

namespace weir::systems::gists {

namespace {

using namespace std::chrono_literals;
using stage::at_port;

constexpr story_times in_earnest{20s, 5s, 20s, 30s, 6s};
constexpr story_times in_short{6s, 1s, 3s, 3s, 1s};

struct ports {
  explicit ports(const stage::show_options& how)
      : gists(how.port(0, 8080)), api(how.port(1, 8070)) {}

  const std::uint16_t gists, api;
};

void hire(stage::company& into, const stage::show_options& how) {
  const ports at(how);
  const std::string program = stage::program("weir-gists");
  into.add({"api", {program, "api", "--listen", at_port(at.api), "--faults"}, {}, at.api});
  std::vector<std::string> command{program,    "serve",
                                   "--listen", at_port(at.gists),
                                   "--api",    "http://" + at_port(at.api) + "/gists"};
  const auto and_also = [&](const std::vector<std::string>& more) {
    command.insert(command.end(), more.begin(), more.end());
  };
  if (how.quick) {
    and_also({"--within", "6s", "--broken", "1s", "--recovery", "3s", "--cutout-within", "6s",
              "--cutout-broken", "3s"});
  }
  if (!how.breaker) and_also({"--no-breaker"});
  into.add({"gists", command, {}, at.gists});
}

std::string greeting(const ports& at) {
  const std::string page = "http://" + at_port(at.gists);
  return "Gists are passed on: " + page + "/\n\nTo try, in another terminal:\n  curl -si " + page +
         "/\n  curl -si " + page + "/cutout\n  curl -s " + page +
         "/statistics\n  curl -s -d '{\"fail\": 500}' http://" + at_port(at.api) + "/_fault\n";
}

}  // namespace

int show(const stage::show_options& how) {
  // Not after a minute of story.
  if (!how.picture.empty() && !std::ofstream(how.picture, std::ios::app)) {
    std::cerr << "weir-demo: cannot write " << how.picture << '\n';
    return 1;
  }
  stage::performance performance;
  stage::company company(performance.loop(), "gists", how.keep_logs, performance.listener());
  hire(company, how);
  performance.told().event("starting the API's stand-in and the service");
  if (!performance.begin(company)) return performance.over();
  if (how.scenario.empty()) {
    const auto api_is = [&](const std::string& json, const std::string& words) {
      return [&company, &performance, json, words] {
        company.set_faults("api", json, [&performance, words](bool taken) {
          performance.told().event(taken ? words : "the API is not there to be told");
        });
      };
    };
    performance.stay_open(
        company, greeting(ports(how)),
        {{'1', "the API stops or starts", [&] { performance.toggle(company, "api"); }},
         {'5', "answers 500", api_is(R"({"fail":500})", "the API answers 500")},
         {'4', "answers 404", api_is(R"({"fail":404})", "the API answers 404")},
         {'2', "answers 200", api_is("{}", "the API is well")}});
  } else {
    performance.play([&] {
      play_outage(company, performance.told(), how.quick ? in_short : in_earnest, how.picture,
                  [&] { return performance.interrupted(); });
    });
    performance.end(company);
  }
  return performance.over();
}

}  // namespace weir::systems::gists
