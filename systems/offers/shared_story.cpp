#include "systems/offers/shared_story.hpp"

#include <memory>
#include <string>

#include "systems/offers/offer.hpp"
#include "systems/stage/performance.hpp"

namespace weir::systems::offers {

namespace {

using namespace std::chrono_literals;
using stage::milliseconds;

constexpr duration slack = 300ms;    // for a busy machine
constexpr duration at_once = 100ms;  // what one gateway knows the other knows after that
constexpr duration glance = 10ms;
constexpr int knocks = 5;
constexpr const char* gates[] = {"gateway", "second gateway"};

class shared {
 public:
  shared(stage::company& with, stage::chronicle& into, story_times times,
         const std::function<bool()>& interrupted)
      : company_(with), told_(into), times_(times), interrupted_(interrupted) {}

  void play() {
    well();
    two_and_one();
    open_sends_nothing();
    one_probe_fails();
    one_probe_succeeds();
    without_redis();
  }

 private:
  offer get(const std::string& gate) {
    if (interrupted_()) return {};
    const offer got(company_.ask(gate, "/offer"));
    told_.event(gate + ", GET /offer: " + got.in_short());
    return got;
  }

  std::string circuit_of(const std::string& gate) {
    return company_.ask(gate, "/offer/circuit").body;
  }

  bool both_say(const std::string& wanted) {
    return circuit_of(gates[0]) == wanted && circuit_of(gates[1]) == wanted;
  }

  // How long it took until it was so, or more than `longest`.
  duration until(duration longest, const std::function<bool()>& so) {
    const time_point began = now();
    while (!so()) {
      if (now() - began > longest || interrupted_()) return longest + 1ms;
      stage::wait(company_.loop(), 1ms);
    }
    return now() - began;
  }

  // A row about what both gateways say of the circuit within so long.
  void both(const std::string& what, const std::string& wanted, duration longest) {
    const duration took = until(longest, [&] { return both_say(wanted); });
    const std::string first = circuit_of(gates[0]), second = circuit_of(gates[1]);
    told_.row(what + ": " + wanted,
              (first == second ? first + " both" : first + " and " + second) + ", after " +
                  milliseconds(took),
              took <= longest);
  }

  void partner_is(const std::string& json, const std::string& in_words) {
    told_.heading("the partner " + in_words);
    company_.set_faults("partner", json);
  }

  std::uint64_t seen() { return company_.requests_seen("partner").value_or(0); }

  void well() {
    told_.heading("two gateways, one Redis");
    hot_through_both("a hot offer through either");
    both("after that", circuit("closed", 0), 1s);
  }

  void hot_through_both(const std::string& what) {
    const offer first = get(gates[0]), second = get(gates[1]);
    told_.row(what, first.in_short() + ", " + second.in_short(), first.hot() && second.hot());
  }

  void two_and_one() {
    partner_is(R"({"fail":500})", "answers 500");
    const offer first = get(gates[0]), second = get(gates[0]);
    told_.row("two failures through one gateway, two cold offers",
              first.in_short() + ", " + second.in_short(), first.cold() && second.cold());
    both("within 100 ms the other knows of them", circuit("closed", 2), at_once);
    const offer third = get(gates[1]);
    opened_ = now();
    told_.row("the third failure through the other", third.in_short(), third.cold());
    both("within 100 ms it is open for both", circuit("open", 3), at_once);
  }

  void open_sends_nothing() {
    const std::uint64_t before = seen();
    int cold = 0;
    for (int i = 0; i < knocks; ++i) {
      for (const char* gate : gates) cold += get(gate).cold();
    }
    const std::uint64_t sent = seen() - before;
    told_.row("open: cold offers through both, no call to the partner",
              std::to_string(cold) + " of " + std::to_string(2 * knocks) +
                  " cold; the partner saw " + std::to_string(sent),
              cold == 2 * knocks && sent == 0);
  }

  void half_open_for_both(int failures) {
    const duration took =
        until(times_.open + 2 * slack, [&] { return both_say(circuit("half-open", failures)); });
    const duration after = now() - opened_;
    told_.row("half-open for both after " + milliseconds(times_.open), milliseconds(after),
              took <= times_.open + 2 * slack && after >= times_.open - slack &&
                  after <= times_.open + slack);
  }

  // One offer through each, not waited for.
  void knock() {
    for (const char* gate : gates) {
      stage::question q;
      q.port = company_.port(gate);
      q.target = "/offer";
      ++asked_;
      company_.visitor().ask(q, [](const stage::answer&) {});
    }
    stage::wait(company_.loop(), glance);
  }

  void one_probe_fails() {
    half_open_for_both(3);
    told_.heading("offers are asked for again and again through both");
    const std::uint64_t before = seen();
    asked_ = 0;
    const std::string wanted = circuit("open", 4);
    until(times_.partner + 2s, [&] {
      knock();
      return both_say(wanted);
    });
    opened_ = now();
    const std::uint64_t sent = seen() - before;
    told_.row("one call in all is the probe",
              std::to_string(asked_) + " offers; the partner saw " + std::to_string(sent),
              asked_ >= 4 && sent == 1);
    both("it fails, and it is open again for both", wanted, at_once);
  }

  void one_probe_succeeds() {
    // Long enough to be watched, and within the time-out.
    const auto delay =
        std::chrono::duration_cast<std::chrono::milliseconds>(times_.timeout) - 200ms;
    partner_is(R"({"delay":")" + std::to_string(delay.count()) + R"(ms"})", "is well again");
    half_open_for_both(4);
    const std::uint64_t before = seen();
    asked_ = 0;
    until(2s, [&] {
      knock();
      return seen() > before;
    });
    const time_point half_way = now() + delay / 2;
    while (now() < half_way) knock();
    const std::uint64_t sent = seen() - before;
    told_.row("while it is on its way nobody joins it",
              std::to_string(asked_) + " offers; the partner saw " + std::to_string(sent),
              sent == 1);
    both("it succeeds, and it is closed for both", circuit("closed", 0), 2s);
    hot_through_both("hot offers through both");
  }

  void without_redis() {
    told_.heading("Redis is stopped");
    company_.stop("redis");
    const offer still = get(gates[0]);
    told_.row("offers are as they were", still.in_short(), still.hot());
    partner_is(R"({"fail":500,"delay":"0s"})", "answers 500");
    for (int i = 0; i < 3; ++i) get(gates[0]);
    const std::string first = circuit_of(gates[0]), second = circuit_of(gates[1]);
    told_.row("each gateway goes on alone: three failures open it for the one they happened to",
              first + " and " + second,
              first == circuit("open", 3) && second == circuit("closed", 0));
  }

  stage::company& company_;
  stage::chronicle& told_;
  const story_times times_;
  const std::function<bool()> interrupted_;
  time_point opened_{};
  int asked_ = 0;
};

}  // namespace

void play_shared(stage::company& with, stage::chronicle& into, story_times times,
                 const std::function<bool()>& interrupted) {
  shared(with, into, times, interrupted).play();
}

}  // namespace weir::systems::offers
