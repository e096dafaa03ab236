#include "systems/gists/gists.hpp"

#include <algorithm>

#include "systems/common/web.hpp"
#include "systems/gists/statistics.hpp"
#include "weir/base/log.hpp"
#include "weir/resilience/circuit_breaker/profiles.hpp"
#include "weir/resilience/face/guarded.hpp"

namespace weir::systems::gists {

namespace {

// The API is not well: no answer, 5xx, and what it says to those who ask too often (403, 429).
class api_failure : public web_error {
 public:
  using web_error::web_error;
  explicit api_failure(const web_error& why) : web_error(why) {}
};

bool api_is_not_well(const web_error& e) {
  return e.status() == 0 || e.status() >= 500 || e.status() == 403 || e.status() == 429;
}

// One form: what is called is plain, and an inspector looks at what it throws. What it says is no
// failure is ignored.
verdict inspect_error(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const web_error& e) {
    return api_is_not_well(e) ? verdict::failure : verdict::ignored;
  } catch (...) {
    return verdict::ignored;
  }
}

// The other: the function throws a type of its own for what counts, and the decorator lists it.
std::string fetch(const web& internet, const std::string& url) {
  try {
    return internet.get(url);
  } catch (const web_error& e) {
    if (api_is_not_well(e)) throw api_failure(e);
    throw;
  }
}

template <class Fetch>
auto decorated(const std::string& name, const gists_options& with, Fetch f) {
  return std::make_shared<cutout<Fetch, only_exceptions<api_failure>>>(
      breaker_options(name, with.profile, with.cutout), std::move(f), only<api_failure>);
}

constexpr std::string_view no_such_gist = "there is no such gist";

// Ends a handler: what the API gave, or why there is nothing. One status of the API may be the
// client's answer; why it failed otherwise is for the log.
template <class Fetch>
reply passed_on(const Fetch& f, int clients_own = 0) {
  try {
    return {.body = f()};
  } catch (const call_rejected& e) {
    const auto seconds =
        std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(e.retry_after()).count());
    return problem_reply(503, "the circuit is broken",
                         "Retry-After: " + std::to_string(seconds) + "\r\n");
  } catch (const web_error& e) {
    if (e.status() != 0 && e.status() == clients_own) {
      return problem_reply(e.status(), no_such_gist);
    }
    log::warn("the API failed", {{"why", e.what()}});
    return problem_reply(e.late() ? 504 : 502, "the API did not answer as it should");
  }
}

}  // namespace

circuit_options breaker_options(const std::string& name, profile p, const rule& r) {
  circuit_options made = p == profile::aiomisc
                             ? profiles::aiomisc(r.ratio, r.within, r.broken, r.recovery)
                             : profiles::aiomisc_as_documented(r.ratio, r.within, r.broken);
  made.name = name;
  made.half_open.ramp = r.recovery;
  made.half_open.ramp_ratio = r.ratio;
  // One failure that comes first would be all of the calls.
  if (p == profile::ratio) {
    made.trip = failure_ratio{
        .ratio = r.ratio, .within = r.within, .min_calls = 10, .compare = comparison::more_than};
  }
  return made;
}

void serve_gists(service& to, const gists_options& with) {
  const web internet(with.timeout, with.ca_file);
  const std::string api = with.api.substr(0, with.api.find_last_not_of('/') + 1);
  const std::string list_url = api + "/public";

  const circuit_breaker github(breaker_options("context", with.profile, with.context));
  to.get_blocking("/", [=](const std::string&) {
    return passed_on(
        [&] { return github.context([&] { return internet.get(list_url); }, inspect_error); });
  });

  auto list = decorated("cutout_list", with, [=] { return fetch(internet, list_url); });
  auto one = decorated("cutout_one", with, [=](const std::string& id) {
    return fetch(internet, api + "/" + path_segment(id));
  });
  to.get_blocking("/cutout",
                  [list](const std::string&) { return passed_on([&] { return (*list)(); }); });
  to.get_blocking("/cutout/{id}", [one](const std::string& id) {
    // They would lead out of the gists.
    if (id == "." || id == "..") return problem_reply(404, no_such_gist);
    return passed_on([&] { return (*one)(id); }, 404);
  });

  auto all = std::make_shared<std::vector<std::pair<std::string, statistics>>>();
  for (const circuit_breaker& b : {github, list->breaker(), one->breaker()}) {
    all->emplace_back(b.name(), statistics(b));
    if (!with.breaker) b.disable();
  }
  to.get("/statistics", [all](const call_ptr& c) {
    std::string body;
    json::writer out(body);
    out.begin_object();
    for (const auto& [name, s] : *all) {
      out.key(name);
      s.write(out);
    }
    out.end_object();
    c->json(body);
  });
}

}  // namespace weir::systems::gists
