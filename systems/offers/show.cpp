#include "systems/offers/show.hpp"

#include "systems/offers/story.hpp"

namespace weir::systems::offers {

namespace {

using namespace std::chrono_literals;
using stage::at_port;

constexpr story_times in_earnest{1s, 2s, 15s};
constexpr story_times in_short{300ms, 800ms, 1s};

struct ports {
  explicit ports(const stage::show_options& how)
      : partner(how.port(0, 8000)), gateway(how.port(1, 8001)), admin(how.port(2, 9901)) {}

  const std::uint16_t partner, gateway, admin;
};

// The configuration as it is shipped, or without the part whose use is to be shown.
std::vector<stage::edit> edits(const stage::show_options& how) {
  using extent = stage::edit::extent;
  std::vector<stage::edit> made;
  if (!how.breaker) {
    made.push_back({"breaker:", "breaker: off", extent::rest_of_line});
    made.push_back({"${circuits.partner.state}", "closed"});
    made.push_back({"${circuits.partner.failures}", "0"});
  }
  if (!how.defaults) made.push_back({"default:", "", extent::line});
  if (how.quick) {
    made.push_back({"timeout: 2s", "timeout: 800ms"});
    if (how.breaker) made.push_back({"open: 15s", "open: 1s"});
  }
  return made;
}

void hire(stage::company& into, const stage::show_options& how) {
  const std::string copy = stage::configuration_of("offers/offers.yaml", into, edits(how));
  const ports at(how);
  into.add({"partner",
            {stage::program("weir-offers"), "--listen", at_port(at.partner), "--faults", "--delay",
             how.quick ? "300ms" : "1s"},
            {},
            at.partner});
  into.add({"gateway",
            {stage::program("weir"), "serve", copy, "--log-json", "--log-level", "debug"},
            {"OFFERS_PORT=" + std::to_string(at.gateway),
             "OFFERS_ADMIN_PORT=" + std::to_string(at.admin),
             "PARTNER_PORT=" + std::to_string(at.partner)},
            at.gateway,
            at.admin});
}

std::string greeting(const ports& at) {
  const std::string page = "http://" + at_port(at.gateway) + "/offer";
  return "Offers are made: " + page + "\n\nTo try, in another terminal:\n  curl -s " + page +
         "\n  curl -s " + page + "/circuit\n  curl -s -d '{\"fail\": 500}' http://" +
         at_port(at.partner) + "/_fault\n  curl -s http://" + at_port(at.admin) + "/circuits\n";
}

void stay_open(stage::performance& show, stage::company& company, const ports& at) {
  const auto partner_is = [&](const std::string& json, const std::string& words) {
    return [&company, &show, json, words] {
      company.set_faults("partner", json, [&show, words](bool taken) {
        show.told().event(taken ? words : "the partner is not there to be told");
      });
    };
  };
  show.stay_open(company, greeting(at),
                 {{'1', "the partner stops or starts", [&] { show.toggle(company, "partner"); }},
                  {'5', "answers 500", partner_is(R"({"fail":500})", "the partner answers 500")},
                  {'t', "hangs", partner_is(R"({"hang":true})", "the partner never answers")},
                  {'2', "answers 200", partner_is("{}", "the partner is well")}});
}

}  // namespace

int show(const stage::show_options& how) {
  stage::performance performance;
  stage::company company(performance.loop(), "offers", how.keep_logs, performance.listener());
  hire(company, how);
  performance.told().event("starting the partner and the gateway");
  if (performance.begin(company)) {
    if (how.scenario.empty()) {
      stay_open(performance, company, ports(how));
    } else {
      play_outage(company, performance.told(), how.quick ? in_short : in_earnest,
                  [&] { return performance.interrupted(); });
      performance.end(company);
    }
  }
  return performance.over();
}

}  // namespace weir::systems::offers
