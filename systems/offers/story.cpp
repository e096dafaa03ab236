#include "systems/offers/story.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "systems/offers/offer.hpp"
#include "systems/stage/performance.hpp"
#include "systems/stage/witness.hpp"

namespace weir::systems::offers {

namespace {

using namespace std::chrono_literals;
using stage::milliseconds;

constexpr duration slack = 300ms;  // for a busy machine
constexpr std::size_t at_once = 4;
constexpr std::size_t offers_while_open = 5;

class outage {
 public:
  outage(stage::company& with, stage::chronicle& into, story_times times,
         const std::function<bool()>& interrupted)
      : company_(with),
        told_(into),
        times_(times),
        interrupted_(interrupted),
        partner_(with, "partner", interrupted) {}

  void play() {
    hot();
    one_failure();
    two_more();
    open_sends_nothing("open");
    half_open_by_itself("half-open");
    probe_fails();
    open_sends_nothing("open again");
    probe_succeeds();
    other_faults();
    four_at_once();
    every_line();
  }

 private:
  offer get() {
    if (interrupted_()) return {};
    const offer got(company_.ask("gateway", "/offer"));
    told_.event("GET /offer: " + got.in_short());
    stage::wait(company_.loop(), 20ms);  // for the log
    return got;
  }

  std::string circuit_now() {
    const std::string body = company_.ask("gateway", "/offer/circuit").body;
    told_.event("GET /offer/circuit: " + body);
    return body;
  }

  void circuit_row(const std::string& what, const std::string& wanted) {
    const std::string seen = circuit_now();
    told_.row(what + ": " + wanted, seen, seen == wanted);
  }

  // The log's line for the call that was made last.
  std::string last_line() {
    partner_.wait_for_log([&] { return partner_.calls() > 0; });
    const auto& attempts = company_.log().attempts();
    if (attempts.empty()) return "no line";
    return "GET " + attempts.back().url + " " + std::to_string(attempts.back().status);
  }

  void partner_is(const std::string& json, const std::string& in_words) {
    told_.heading("the partner " + in_words);
    company_.set_faults("partner", json);
  }

  void hot() {
    told_.heading("the partner is well");
    partner_.mark();
    const offer got = get();
    told_.row("a hot offer, after the partner's second", got.in_short(),
              got.hot() && got.took >= times_.partner - 10ms && got.took <= times_.partner + slack);
    const std::string line = last_line();
    told_.row("the log has a line for the call", line,
              line == "GET http://" + stage::at_port(company_.port("partner")) + "/offer/hot 200");
    circuit_row("after a success", circuit("closed", 0));
  }

  void one_failure() {
    partner_is(R"({"fail":500})", "answers 500");
    partner_.mark();
    const offer got = get();
    told_.row("a cold offer in its place, still 200", got.in_short(), got.cold());
    const std::string line = last_line();
    told_.row("the log has a line for that call too", line, line.ends_with("/offer/hot 500"));
    circuit_row("after one failure", circuit("closed", 1));
  }

  void two_more() {
    const offer second = get();
    const offer third = get();
    opened_ = now();
    told_.row("two more cold offers", second.in_short() + ", " + third.in_short(),
              second.cold() && third.cold());
    circuit_row("after three failures", circuit("open", 3));
  }

  void open_sends_nothing(const std::string& what) {
    partner_.mark();
    const auto before = company_.requests_seen("partner");
    duration slowest{};
    std::size_t cold = 0;
    for (std::size_t i = 0; i < offers_while_open; ++i) {
      const offer got = get();
      cold += got.cold();
      slowest = std::max(slowest, got.took);
    }
    stage::wait(company_.loop(), 100ms);  // for the log
    const auto after = company_.requests_seen("partner");
    told_.row(what + ": cold offers at once, no call to the partner, no line in the log",
              std::to_string(cold) + " of " + std::to_string(offers_while_open) +
                  " cold, slowest " + milliseconds(slowest) + "; " +
                  std::to_string(partner_.calls()) + " lines; the partner saw " +
                  (before && after ? std::to_string(*after - *before) : "?"),
              cold == offers_while_open && partner_.calls() == 0 && before && before == after &&
                  slowest < times_.partner / 2);
  }

  void half_open_by_itself(const std::string& what) {
    const bool came =
        partner_.state() == "open" && partner_.wait_for_state("half-open", times_.open + 2 * slack);
    const duration after = now() - opened_;
    told_.row(what + " after " + milliseconds(times_.open) + ", though nobody asked for an offer",
              came ? milliseconds(after) : "it is " + partner_.state(),
              came && after >= times_.open - slack && after <= times_.open + slack);
  }

  void probe_fails() {
    circuit_row("then", circuit("half-open", 3));
    partner_.mark();
    const offer got = get();
    opened_ = now();
    partner_.wait_for_log([&] { return partner_.calls() > 0; });
    told_.row("one call goes through as a probe, fails, and the offer is cold",
              std::to_string(partner_.calls()) + " call; " + got.in_short(),
              partner_.calls() == 1 && got.cold());
    circuit_row("a failed probe is the fourth failure", circuit("open", 4));
  }

  void probe_succeeds() {
    partner_is("{}", "is well again");
    half_open_by_itself("half-open again");
    partner_.mark();
    const offer got = get();
    partner_.wait_for_log([&] { return partner_.calls() > 0; });
    told_.row("one call goes through, and the offer is hot",
              std::to_string(partner_.calls()) + " call; " + got.in_short(),
              partner_.calls() == 1 && got.hot());
    circuit_row("after that", circuit("closed", 0));
  }

  void other_faults() {
    partner_is(R"({"hang":true})", "never answers");
    const offer late = get();
    told_.row(
        "a partner who hangs costs the time-out, and the offer is cold", late.in_short(),
        late.cold() && late.took >= times_.timeout - 100ms && late.took <= times_.timeout + slack);
    circuit_row("which is a failure", circuit("closed", 1));
    partner_is(R"({"fail":404})", "answers 404");
    const offer lost = get();
    told_.row("a 404 is a failure as any other", lost.in_short(), lost.cold());
    circuit_row("the second", circuit("closed", 2));
    partner_is("{}", "is well again");
    const offer well = get();
    told_.row("a success forgets them", well.in_short(), well.hot());
    circuit_row("after it", circuit("closed", 0));
  }

  void four_at_once() {
    told_.heading("four offers at once");
    auto got = std::make_shared<std::vector<offer>>();
    const time_point began = now();
    for (std::size_t i = 0; i < at_once; ++i) {
      stage::question q;
      q.port = company_.port("gateway");
      q.target = "/offer";
      company_.visitor().ask(q, [got](const stage::answer& a) { got->emplace_back(a); });
    }
    stage::wait_until(company_.loop(), 10s, [&] { return got->size() == at_once; });
    const duration took = now() - began;
    const bool all_hot =
        got->size() == at_once &&
        std::all_of(got->begin(), got->end(), [](const offer& o) { return o.hot(); });
    std::string times;
    for (const offer& o : *got) times += (times.empty() ? "" : ", ") + milliseconds(o.took);
    told_.row("four offers at once take as long as one", times,
              all_hot && took <= times_.partner + slack);
  }

  void every_line() {
    const std::string path = "closed > open > half-open > open > half-open > closed";
    partner_.wait_for_log([&] { return partner_.path_in_log() == path; });
    told_.row("every change of the circuit is in the log", partner_.path_in_log(),
              partner_.path_in_log() == path);
    // What a listener of the circuit is told, in its order, until it is closed again.
    const std::vector<std::string> wanted{"call",
                                          "success",  // hot
                                          "call",
                                          "failure",
                                          "call",
                                          "failure",  // cold, cold
                                          "call",
                                          "failure",
                                          "closed > open",  // cold: trips
                                          "open > half-open",
                                          "call",
                                          "failure",
                                          "half-open > open",
                                          "open > half-open",
                                          "call"};
    std::vector<std::string> seen = company_.log().events_of("partner");
    seen.resize(std::min(seen.size(), wanted.size()));
    std::string in_words;
    for (const std::string& e : seen) in_words += (in_words.empty() ? "" : ", ") + e;
    told_.row("the log tells of each call before it, of its end, and of changes, in order",
              in_words, seen == wanted);
  }

  stage::company& company_;
  stage::chronicle& told_;
  const story_times times_;
  const std::function<bool()> interrupted_;
  stage::witness partner_;
  time_point opened_{};
};

}  // namespace

void play_outage(stage::company& with, stage::chronicle& into, story_times times,
                 const std::function<bool()>& interrupted) {
  outage(with, into, times, interrupted).play();
}

}  // namespace weir::systems::offers
