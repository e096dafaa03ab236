#include "systems/gists/story.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <set>

#include "systems/gists/onlooker.hpp"
#include "systems/stage/performance.hpp"

namespace weir::systems::gists {

namespace {

using namespace std::chrono_literals;
using stage::milliseconds;

constexpr duration slack = 600ms;  // for a busy machine
constexpr int most_tries = 10;     // of a broken one

// Seconds; 0 when it does not say.
int retry_after(const stage::answer& a) {
  return std::atoi(std::string(a.field("Retry-After")).c_str());
}

std::string difference(std::optional<std::uint64_t> before, std::optional<std::uint64_t> after) {
  return before && after ? std::to_string(*after - *before) : "?";
}

class outage {
 public:
  outage(stage::company& with, stage::chronicle& into, story_times times,
         const std::function<bool()>& interrupted)
      : company_(with), told_(into), times_(times), onlooker_(with, into, interrupted) {}

  void play() {
    well();
    breaks();
    while_broken();
    probe_fails();
    recovers();
    inspected();
    drawn_until_ = onlooker_.since_it_began();
    decorators();
    sums();
  }

  void draw_into(const std::string& file) {
    std::ofstream to(file);
    to << draw("A breaker's three states: 20 calls a second through it", onlooker_.samples(),
               onlooker_.states(), drawn_until_);
    to.close();
    if (to) return told_.event("the picture is in " + file);
    told_.row("the picture is drawn", file + " could not be written", false);
  }

 private:
  void api_is(const std::string& json, const std::string& in_words) {
    told_.heading("the API " + in_words);
    company_.set_faults("api", json);
  }

  void well() {
    told_.heading("the API is well");
    const stage::answer first = onlooker_.paced_call();
    const stage::answer original = company_.ask("api", "/gists/public");
    told_.row("the API's list is passed on byte for byte",
              std::to_string(first.status) + ", " + std::to_string(first.body.size()) + " bytes",
              first.status == 200 && first.body == original.body && !first.body.empty());
    onlooker_.stream(times_.lead);
    const breaker_view seen = onlooker_.look();
    told_.row("all calls pass, and none fails", onlooker_.tally() + "; " + seen.in_short(),
              onlooker_.only(200) && seen.state == "PASSING" && seen.ratio == 0);
  }

  void breaks() {
    api_is(R"({"fail":500})", "answers 500");
    const breaker_view before = onlooker_.look();
    double last_ratio = 0;
    const bool broke = onlooker_.stream(times_.within, [&](const breaker_view& b) {
      if (b.state == "PASSING") last_ratio = std::max(last_ratio, b.ratio);
      return b.state == "BROKEN";
    });
    broken_at_ = onlooker_.changed();
    const breaker_view seen = onlooker_.look();
    told_.row("it passes calls until more than 20 % have failed, and is broken then",
              onlooker_.tally() + "; at most " + std::to_string(std::lround(last_ratio * 100)) +
                  " % while it passed; " + seen.state,
              broke && onlooker_.only(502) && last_ratio <= 0.2 && before.state == "PASSING");
  }

  void while_broken() {
    const bool broken = onlooker_.look().state == "BROKEN";
    const auto requests = company_.requests_seen("api");
    auto after = requests;
    std::set<int> waits;
    std::map<int, int> answers;
    for (int i = 0; i < most_tries; ++i) {
      const stage::answer got = onlooker_.paced_call();
      const auto seen = company_.requests_seen("api");
      // On a machine that stood still meanwhile this call came later.
      if (onlooker_.look().state != "BROKEN" && broken) break;
      waits.insert(retry_after(got));
      after = seen;
      ++answers[got.status];
    }
    onlooker_.begin_tally(answers);
    const auto longest =
        static_cast<int>(std::chrono::ceil<std::chrono::seconds>(times_.broken).count());
    told_.row("while it is broken: 503 with Retry-After, and nothing is sent",
              onlooker_.tally() +
                  (waits.empty() || *waits.rbegin() == 0
                       ? ", no Retry-After"
                       : ", Retry-After " + std::to_string(*waits.begin()) + " to " +
                             std::to_string(*waits.rbegin())) +
                  "; the API saw " + difference(requests, after),
              onlooker_.only(503) && *waits.begin() >= 1 && *waits.rbegin() <= longest &&
                  requests && requests == after);
  }

  void probe_fails() {
    const bool recovering = onlooker_.stream(
        times_.broken + slack, [](const breaker_view& b) { return b.state == "RECOVERING"; });
    const span broken(broken_at_, onlooker_.changed());
    told_.row("broken for " + milliseconds(times_.broken),
              recovering ? broken.in_words() : onlooker_.look().state,
              recovering && broken.may_be(times_.broken));
    const breaker_view before = onlooker_.look();
    const auto sample = [&](const breaker_view& b) {
      return b.let_through() - before.let_through();
    };
    const auto failed = [&](const breaker_view& b) {
      return b.count("failures") - before.count("failures");
    };
    const bool again = onlooker_.stream(times_.recovery, [&](const breaker_view& b) {
      return failed(b) > 0 && b.state == "BROKEN";
    });
    broken_at_ = onlooker_.changed();
    const breaker_view seen = onlooker_.look();
    told_.row("a small sample of calls runs, fails, and it is broken again",
              std::to_string(sample(seen)) + " let through, " + std::to_string(failed(seen)) +
                  " failed; " + seen.state,
              again && sample(seen) == failed(seen));
  }

  void recovers() {
    api_is("{}", "is well again");
    const auto requests = company_.requests_seen("api");
    const bool recovering = onlooker_.stream(
        times_.broken + slack, [](const breaker_view& b) { return b.state == "RECOVERING"; });
    const std::size_t first = onlooker_.samples().size();
    moment from = onlooker_.changed();
    onlooker_.paced_call();
    from.latest = now();  // the recovery runs from the first call of it
    const bool passing = onlooker_.stream(
        times_.recovery + slack, [](const breaker_view& b) { return b.state == "PASSING"; });
    const span lasted(from, onlooker_.changed());
    const breaker_view seen = onlooker_.look();
    const auto after = company_.requests_seen("api");
    told_.row("after " + milliseconds(times_.recovery) + " of recovering well it passes again",
              (recovering ? lasted.in_words() : "not recovering") + "; the API saw " +
                  difference(requests, after) + "; " + seen.state,
              recovering && passing && lasted.may_be(times_.recovery));
    // A ramp lets through a fifth of the first half's calls and two thirds of the second's. Chance
    // alone, with as many calls as these, never turns that round.
    const std::size_t middle = first + (onlooker_.samples().size() - first) / 2;
    const auto early = onlooker_.share_let_through(first, middle);
    const auto late = onlooker_.share_let_through(middle, onlooker_.samples().size());
    told_.row("meanwhile a growing share of the calls runs",
              std::to_string(early) + " % of the first half, " + std::to_string(late) +
                  " % of the second",
              early < late && early + late > 30 && early + late < 160);
    onlooker_.stream(times_.lead);
    told_.row("and all calls pass", onlooker_.tally(), onlooker_.only(200));
  }

  void inspected() {
    api_is(R"({"fail":404})", "answers 404, which the inspector ignores");
    onlooker_.failures_are_ignored();
    onlooker_.stream(times_.lead);
    const breaker_view seen = onlooker_.look();
    told_.row("an ignored error is no failure, however often it comes",
              onlooker_.tally() + "; " + seen.in_short(),
              onlooker_.only(502) && seen.state == "PASSING" && seen.ratio == 0);
    told_.row("its states were", onlooker_.path(),
              onlooker_.path().starts_with("PASSING > BROKEN > RECOVERING") &&
                  onlooker_.path().ends_with("RECOVERING > PASSING"));
  }

  void decorators() {
    api_is(R"({"fail":500})", "answers 500, and the decorated functions are called");
    onlooker_.begin_tally();
    int calls = 0;
    for (;
         calls < 40 && !onlooker_.interrupted() && onlooker_.look("cutout_list").state == "PASSING";
         ++calls) {
      onlooker_.call("/cutout");
    }
    const breaker_view list = onlooker_.look("cutout_list"), one = onlooker_.look("cutout_one"),
                       context = onlooker_.look();
    told_.row("each decorated function has a breaker of its own",
              "list " + list.state + ", one " + one.state + ", context " + context.state,
              list.state == "BROKEN" && one.state == "PASSING" && context.state == "PASSING");
    const stage::answer turned_away = onlooker_.call("/cutout");
    const int after = retry_after(turned_away);
    const auto longest =
        static_cast<int>(std::chrono::ceil<std::chrono::seconds>(times_.cutout_broken).count());
    told_.row("broken for " + milliseconds(times_.cutout_broken),
              std::to_string(turned_away.status) + ", Retry-After " + std::to_string(after),
              turned_away.status == 503 && after >= longest - 2 && after <= longest);
    company_.set_faults("api", "{}");
    const stage::answer single = onlooker_.call("/cutout/5eed00015eed00015eed00015eed0001");
    told_.row("the other one still gets its gist", std::to_string(single.status),
              single.status == 200);
  }

  void sums() {
    const breaker_view seen = onlooker_.look();
    const auto admitted =
        std::count_if(onlooker_.samples().begin(), onlooker_.samples().end(),
                      [](const sample& s) { return s.how != sample::kind::rejected; });
    const auto turned_away = static_cast<std::int64_t>(onlooker_.samples().size()) - admitted;
    std::string text;
    std::size_t counters = 0;
    for (const auto& [name, count] : seen.counts) {
      if (!name.starts_with("call_")) continue;
      ++counters;
      text += (text.empty() ? "" : ", ") + name + " " + std::to_string(count);
    }
    told_.row("the six counters agree with what the visitors saw", text,
              counters == 6 && seen.count("call_count") == onlooker_.samples().size() &&
                  seen.let_through() == static_cast<std::uint64_t>(admitted) &&
                  seen.count("call_broken") + seen.count("call_recovering_failed") ==
                      static_cast<std::uint64_t>(turned_away) &&
                  seen.count("call_recovering") ==
                      seen.count("call_recovering_ok") + seen.count("call_recovering_failed"));
    const auto failed =
        std::count_if(onlooker_.samples().begin(), onlooker_.samples().end(),
                      [](const sample& s) { return s.how == sample::kind::failed; });
    told_.row("and so does what it says of those let through",
              "successes " + std::to_string(seen.count("successes")) + ", failures " +
                  std::to_string(seen.count("failures")),
              seen.count("failures") == static_cast<std::uint64_t>(failed) &&
                  seen.count("successes") == static_cast<std::uint64_t>(admitted - failed));
  }

  stage::company& company_;
  stage::chronicle& told_;
  const story_times times_;
  onlooker onlooker_;
  moment broken_at_{};
  duration drawn_until_{};
};

}  // namespace

void play_outage(stage::company& with, stage::chronicle& into, story_times times,
                 const std::string& picture, const std::function<bool()>& interrupted) {
  outage played(with, into, times, interrupted);
  played.play();
  if (!picture.empty()) played.draw_into(picture);
}

}  // namespace weir::systems::gists
