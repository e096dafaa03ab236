#include "systems/offers/show.hpp"

#include "systems/offers/shared_story.hpp"
#include "systems/offers/story.hpp"

namespace weir::systems::offers {

namespace {

using namespace std::chrono_literals;
using stage::at_port;

constexpr story_times in_earnest{1s, 2s, 15s};
constexpr story_times in_short{300ms, 800ms, 1s};

struct ports {
  explicit ports(const stage::show_options& how)
      : partner(how.port(0, 8000)),
        gateway(how.port(1, 8001)),
        admin(how.port(2, 9901)),
        second(how.port(3, 8002)),
        second_admin(how.port(4, 9902)),
        redis(how.port(5, 6379)) {}

  const std::uint16_t partner, gateway, admin, second, second_admin, redis;
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

void hire_partner(stage::company& into, const stage::show_options& how, const ports& at) {
  into.add({"partner",
            {stage::program("weir-offers"), "--listen", at_port(at.partner), "--faults", "--delay",
             how.quick ? "300ms" : "1s"},
            {},
            at.partner});
}

stage::member gateway(const std::string& name, const std::string& file, const ports& with,
                      std::uint16_t port, std::uint16_t admin) {
  return {
      name,
      {stage::program("weir"), "serve", file, "--log-json", "--log-level", "debug"},
      {"OFFERS_PORT=" + std::to_string(port), "OFFERS_ADMIN_PORT=" + std::to_string(admin),
       "PARTNER_PORT=" + std::to_string(with.partner), "REDIS_URL=redis://" + at_port(with.redis)},
      port,
      admin};
}

void hire(stage::company& into, const stage::show_options& how) {
  const ports at(how);
  hire_partner(into, how, at);
  into.add(gateway("gateway", stage::configuration_of("offers/offers.yaml", into, edits(how)), at,
                   at.gateway, at.admin));
}

void hire_shared(stage::company& into, const stage::show_options& how) {
  const ports at(how);
  stage::member redis{
      "redis",
      {stage::program_of_system("redis-server", "redis-server"), "--bind", "127.0.0.1", "--port",
       std::to_string(at.redis), "--save", "", "--appendonly", "no"},
      {},
      at.redis};
  redis.ready_line = "eady to accept connections";  // with a capital or without, by its version
  into.add(std::move(redis));
  hire_partner(into, how, at);
  const std::string file = stage::configuration_of("offers/offers-shared.yaml", into, edits(how));
  for (stage::member one : {gateway("gateway", file, at, at.gateway, at.admin),
                            gateway("second gateway", file, at, at.second, at.second_admin)}) {
    if (how.breaker) one.ready_line = "redis is there";
    into.add(std::move(one));
  }
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
  const bool shared = how.scenario == "shared";
  shared ? hire_shared(company, how) : hire(company, how);
  performance.told().event(shared ? "starting Redis, the partner and two gateways"
                                  : "starting the partner and the gateway");
  if (performance.begin(company)) {
    if (how.scenario.empty()) {
      stay_open(performance, company, ports(how));
    } else {
      const auto play = shared ? play_shared : play_outage;
      performance.play([&] {
        play(company, performance.told(), how.quick ? in_short : in_earnest,
             [&] { return performance.interrupted(); });
      });
      performance.end(company);
    }
  }
  return performance.over();
}

}  // namespace weir::systems::offers
