#include "systems/presentations/story.hpp"

#include <algorithm>
#include <vector>

#include "systems/stage/performance.hpp"
#include "systems/stage/witness.hpp"
#include "weir/base/arena.hpp"
#include "weir/json/parser.hpp"

namespace weir::systems::presentations {

namespace {

using namespace std::chrono_literals;
using stage::milliseconds;

constexpr std::size_t failures_to_open = 5;
constexpr std::size_t replies_while_open = 10;
constexpr duration late_by = 100ms;  // what a time-out may take more or less
constexpr duration instant = 5ms;
constexpr duration slack = 500ms;  // for a busy machine
constexpr const char* stand_in = "temporary unavailable";

// The page as a visitor got it.
struct page {
  int status = 0;
  std::string title;
  std::string last_name;
  std::string missing;  // what the answer itself says is missing, and why
  duration took{};

  bool is(const std::string& author) const {
    return status == 200 && title == "First Presentation" && last_name == author;
  }
};

std::string tenths(duration d) {
  const auto n = std::chrono::round<std::chrono::duration<std::int64_t, std::ratio<1, 10000>>>(d);
  return std::to_string(n.count() / 10) + "." + std::to_string(n.count() % 10) + " ms";
}

std::string list_of(const std::vector<page>& pages) {
  std::string text;
  for (const page& p : pages) text += (text.empty() ? "" : ", ") + tenths(p.took);
  return text;
}

bool all_are(const std::vector<page>& pages, const std::string& author) {
  return std::all_of(pages.begin(), pages.end(), [&](const page& p) { return p.is(author); });
}

class outage {
 public:
  outage(stage::company& with, stage::chronicle& into, manner how, story_times times,
         const std::function<bool()>& interrupted)
      : company_(with),
        told_(into),
        how_(how),
        times_(times),
        interrupted_(interrupted),
        authors_(with, "authors", interrupted),
        gateway_pid_(with.pid("gateway")) {}

  void play() {
    well();
    taken_away(4);
    calls_fail_until_it_opens("5-6");
    replies_are_instant("7");
    half_open_after_its_time("8");
    probe_fails("9");
    replies_are_instant("10");
    back();
    half_open_after_its_time("12");
    probe_succeeds();
    again();
    every_transition();
  }

 private:
  std::string named(const std::string& step, const std::string& what) const {
    return std::string(how_ == manner::stopped ? "stopped, " : "frozen, ") + step + ": " + what;
  }
  void row(const std::string& step, const std::string& what, const std::string& seen, bool good) {
    told_.row(named(step, what), seen, good);
  }

  page ask() {
    page made;
    if (interrupted_()) return made;
    const stage::answer got =
        company_.ask("gateway", "/presentationsAndAuthor/First%20Presentation");
    made.status = got.status;
    made.took = got.took;
    made.missing = got.field("Weir-Partial");
    json::parser parser;
    arena memory;
    if (const auto parsed = parser.parse(got.body, memory)) {
      made.title = parsed->find("title").as_string(memory).value_or("");
      made.last_name = parsed->find("last_name").as_string(memory).value_or("");
    }
    told_.event((made.status == 0 ? "no answer" : std::to_string(made.status)) + " in " +
                tenths(made.took) + ": " + (made.title.empty() ? "no title" : made.title) + ", " +
                (made.last_name.empty() ? "no author" : made.last_name));
    return made;
  }

  page visit() {
    page made = ask();
    // What the log has to say about it comes a moment later, through a pipe.
    stage::wait(company_.loop(), 20ms);
    return made;
  }

  std::vector<page> visits(std::size_t how_many) {
    std::vector<page> made;
    while (made.size() < how_many) made.push_back(visit());
    return made;
  }

  // A failing call's time is the time-out where nobody answers, and next to none where the
  // connection is refused.
  bool took_its_time(const page& p) const {
    if (how_ == manner::stopped) return p.took < times_.timeout / 2;
    return p.took >= times_.timeout - late_by && p.took <= times_.timeout + late_by;
  }
  std::string its_time() const {
    return how_ == manner::stopped ? "refused at once" : "the time-out +- 100 ms";
  }

  void well() {
    told_.heading(named("steps 1-3", "everything runs"));
    const std::size_t before = company_.log().attempts_to("presentations");
    authors_.mark();
    const page p = visit();
    authors_.wait_for_log([&] { return authors_.calls() > 0; });
    const std::size_t first = company_.log().attempts_to("presentations") - before;
    row("1", "the presentation and the author are two calls",
        std::to_string(first) + " to presentations, " + std::to_string(authors_.calls()) +
            " to authors",
        first == 1 && authors_.calls() == 1);
    const stage::circuit_view seen = authors_.seen();
    row("2", "the authors have a circuit, and it is closed", seen.state + "; " + seen.rule,
        seen.state == "closed");
    row("3", "the page has both", p.title + ", " + p.last_name, p.is("Moore") && p.missing.empty());
  }

  void taken_away(int step) {
    told_.heading(named("step " + std::to_string(step), how_ == manner::stopped
                                                            ? "authors is stopped"
                                                            : "authors stands still (SIGSTOP)"));
    how_ == manner::stopped ? company_.stop("authors") : company_.freeze("authors");
  }

  void calls_fail_until_it_opens(const std::string& step) {
    authors_.mark();
    const std::vector<page> first = visits(failures_to_open);
    row(step, "from the first failure on the page has its stand-in",
        std::to_string(std::count_if(first.begin(), first.end(),
                                     [](const page& p) { return p.is(stand_in); })) +
            " of 5",
        all_are(first, stand_in));
    row(step, "the first five replies: " + its_time(), list_of(first),
        std::all_of(first.begin(), first.end(), [&](const page& p) { return took_its_time(p); }));
    authors_.wait_for_log([&] { return authors_.failures() >= failures_to_open; });
    opened_ = now();
    const stage::circuit_view seen = authors_.seen();
    row(step, "the fifth failure opens the circuit",
        std::to_string(authors_.failures()) + " failed calls; " + seen.state + ", " +
            std::to_string(seen.failures),
        authors_.failures() == failures_to_open && seen.state == "open" &&
            seen.failures == failures_to_open);
  }

  // What is to be shown is what the gateway costs. A machine that has other things to do gets
  // another chance while the first half of the open time lasts.
  void replies_are_instant(const std::string& step) {
    authors_.mark();
    std::vector<page> open;
    bool stood_in = true;
    do {
      if (!open.empty()) told_.event("another chance");
      open.clear();
      while (open.size() < replies_while_open) open.push_back(ask());
      stood_in = stood_in && all_are(open, stand_in);
      std::sort(open.begin(), open.end(),
                [](const page& a, const page& b) { return a.took < b.took; });
    } while (!instant_enough(open) && now() < opened_ + times_.open / 2 && !interrupted_());
    stage::wait(company_.loop(), 100ms);  // for the log
    row(step, "while it is open: the stand-in, and nothing is sent to authors",
        std::to_string(authors_.calls()) + " calls; " + open.front().missing,
        stood_in && authors_.calls() == 0 && authors_.state() == "open");
    row(step, "while it is open: replies under 5 ms, nine of ten at least", list_of(open),
        instant_enough(open));
  }

  bool instant_enough(const std::vector<page>& sorted) const {
    return sorted.size() == replies_while_open && sorted[replies_while_open - 2].took < instant &&
           sorted.back().took < times_.timeout / 2;
  }

  void half_open_after_its_time(const std::string& step) {
    const bool came =
        authors_.state() == "open" && authors_.wait_for_state("half-open", times_.open + 2 * slack);
    const duration after = now() - opened_;
    told_.heading(named(step == "again" ? step : "step " + step,
                        came ? "the open time is over" : "no half-open circuit"));
    row(step, "half-open after " + milliseconds(times_.open),
        came ? milliseconds(after) : "it is " + authors_.state(),
        came && after >= times_.open - slack && after <= times_.open + slack);
  }

  void probe_fails(const std::string& step) {
    authors_.mark();
    const page p = visit();
    opened_ = now();
    authors_.wait_for_log([&] { return authors_.calls() > 0; });
    const std::string after = authors_.state();
    row(step, "one call tries, fails, and the circuit opens again",
        std::to_string(authors_.failures()) + " failed; " + tenths(p.took) + "; " + after,
        authors_.failures() == 1 && took_its_time(p) && after == "open");
    row(step, "the reply to the probe has the stand-in too", p.last_name, p.is(stand_in));
  }

  void back() {
    told_.heading(named("step 11", "authors is back"));
    if (how_ == manner::frozen) return company_.thaw("authors");
    if (auto wrong = company_.start("authors")) told_.event(*wrong);
  }

  void probe_succeeds() {
    authors_.mark();
    const page p = visit();
    authors_.wait_for_log([&] { return authors_.calls() > 0; });
    const std::string after = authors_.state();
    row("12", "one call tries, succeeds, and the circuit is closed",
        p.last_name + "; " + std::to_string(authors_.calls()) + " call; " + after,
        p.is("Moore") && authors_.calls() == 1 && after == "closed");
  }

  void again() {
    taken_away(13);
    calls_fail_until_it_opens("again");
    half_open_after_its_time("again");
    probe_fails("again");
    row("again", "the gateway is still the same process", "pid " + std::to_string(gateway_pid_),
        company_.pid("gateway") == gateway_pid_);
  }

  void every_transition() {
    const std::string once =
        "closed > open > half-open > open > half-open > closed > open > half-open > open";
    authors_.wait_for_log([&] { return authors_.path_in_log() == once; });
    row("log", "every change of the circuit", authors_.path_in_log(),
        authors_.path_in_log() == once);
    log_times();
    row("/circuits", "every state of the circuit", authors_.path_seen(),
        authors_.path_seen() == once);
  }

  // By the clock of the log's lines, from the first change on.
  void log_times() {
    std::string times;
    duration first{}, last{};
    std::size_t in_time = 0;
    for (const stage::transition& t : company_.log().transitions()) {
      if (t.circuit != "authors") continue;
      if (times.empty()) first = t.at;
      times += (times.empty() ? "" : ", ") + t.to + " " + milliseconds(t.at - first);
      const duration after = t.at - last - times_.open;
      in_time += t.to == "half-open" && after >= -slack && after <= slack;
      last = t.at;
    }
    row("log", "its times: half-open " + milliseconds(times_.open) + " after open, each of 3 times",
        times, in_time == 3);
  }

  stage::company& company_;
  stage::chronicle& told_;
  const manner how_;
  const story_times times_;
  const std::function<bool()> interrupted_;
  stage::witness authors_;
  const pid_t gateway_pid_;
  time_point opened_{};
};

}  // namespace

void play_outage(stage::company& with, stage::chronicle& into, manner how, story_times times,
                 const std::function<bool()>& interrupted) {
  outage(with, into, how, times, interrupted).play();
}

}  // namespace weir::systems::presentations
