#include "systems/gists/story.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>

#include "systems/gists/picture.hpp"
#include "systems/stage/performance.hpp"
#include "weir/base/arena.hpp"
#include "weir/json/parser.hpp"

namespace weir::systems::gists {

namespace {

using namespace std::chrono_literals;
using stage::milliseconds;

constexpr duration gap = 50ms;     // between calls: 20 a second
constexpr duration slack = 600ms;  // for a busy machine

// One breaker as /statistics shows it.
struct breaker_view {
  std::string state;
  double ratio = -1;
  std::map<std::string, std::uint64_t> counts;

  std::uint64_t count(const std::string& name) const {
    const auto found = counts.find(name);
    return found == counts.end() ? 0 : found->second;
  }
  std::string in_short() const {
    const long percent = std::lround(ratio * 100);
    return state + (ratio < 0 ? ", too few calls for a ratio"
                              : ", " + std::to_string(percent) + " % failed");
  }
};

class outage {
 public:
  outage(stage::company& with, stage::chronicle& into, story_times times,
         const std::function<bool()>& interrupted)
      : company_(with), told_(into), times_(times), interrupted_(interrupted), began_(now()) {}

  void play() {
    well();
    breaks();
    while_broken();
    probe_fails();
    recovers();
    inspected();
    drawn_until_ = now() - began_;
    decorators();
    sums();
  }

  void draw_into(const std::string& file) {
    std::ofstream(file) << draw("A breaker's three states: 20 calls a second through it", samples_,
                                states_, drawn_until_);
    told_.event("the picture is in " + file);
  }

 private:
  breaker_view look(const std::string& name = "context") {
    breaker_view made;
    json::parser parser;
    arena memory;
    const stage::answer got = company_.ask("gists", "/statistics");
    const auto parsed = parser.parse(got.body, memory);
    if (!parsed) return made;
    const json::value found = parsed->find(name);
    made.state = found.find("state").as_string(memory).value_or("");
    made.ratio = found.find("ratio").as_double().value_or(-1);
    for (const json::member& m : found.members()) {
      const auto counter = m.name.as_string(memory);
      const auto count = m.value.as_uint64();
      if (count && counter->starts_with("call_")) made.counts[std::string(*counter)] = *count;
    }
    if (name == "context") note(made);
    return made;
  }

  void note(const breaker_view& seen) {
    if (seen.state.empty() || (!states_.empty() && states_.back().to == seen.state)) return;
    states_.push_back({now() - began_, seen.state});
    path_ += (path_.empty() ? "" : " > ") + seen.state;
    told_.event("the context's breaker: " + seen.in_short());
  }

  stage::answer call(const std::string& target = "/") {
    if (interrupted_()) return {};
    const duration at = now() - began_;
    const stage::answer got = company_.ask("gists", target);
    if (target == "/") {
      samples_.push_back({at, got.status == 200   ? sample::kind::admitted
                              : got.status == 503 ? sample::kind::rejected
                              : ignoring_         ? sample::kind::ignored
                                                  : sample::kind::failed});
    }
    ++by_status_[got.status];
    return got;
  }

  // A steady stream of calls until `done` says so; false when `longest` passed first.
  bool stream(duration longest, const std::function<bool(const breaker_view&)>& done) {
    by_status_.clear();
    const time_point until = now() + longest;
    for (time_point next = now(); now() < until && !interrupted_();) {
      look();
      call();
      if (done(look())) return true;
      next += gap;
      if (next > now()) stage::wait(company_.loop(), next - now());
    }
    return false;
  }

  // Percent of the samples from one to another.
  long share_let_through(std::size_t from, std::size_t to) const {
    const auto let_through =
        std::count_if(samples_.begin() + static_cast<std::ptrdiff_t>(from),
                      samples_.begin() + static_cast<std::ptrdiff_t>(to),
                      [](const sample& s) { return s.how != sample::kind::rejected; });
    return to == from ? 0
                      : std::lround(100.0 * static_cast<double>(let_through) /
                                    static_cast<double>(to - from));
  }

  std::string statuses() const {
    std::string text;
    for (const auto& [status, count] : by_status_) {
      text += (text.empty() ? "" : ", ") + std::to_string(count) + " x " + std::to_string(status);
    }
    return text;
  }
  bool only(int status) const { return by_status_.size() == 1 && by_status_.contains(status); }

  void api_is(const std::string& json, const std::string& in_words) {
    told_.heading("the API " + in_words);
    company_.set_faults("api", json);
  }

  void well() {
    told_.heading("the API is well");
    const stage::answer first = call();
    const stage::answer original = company_.ask("api", "/gists/public");
    told_.row("the API's list is passed on byte for byte",
              std::to_string(first.status) + ", " + std::to_string(first.body.size()) + " bytes",
              first.status == 200 && first.body == original.body && !first.body.empty());
    stream(times_.lead, [](const breaker_view&) { return false; });
    const breaker_view seen = look();
    told_.row("all calls pass, and none fails", statuses() + "; " + seen.in_short(),
              only(200) && seen.state == "PASSING" && seen.ratio == 0);
  }

  void breaks() {
    api_is(R"({"fail":500})", "answers 500");
    const breaker_view before = look();
    double last_ratio = 0;
    const bool broke = stream(times_.within, [&](const breaker_view& b) {
      if (b.state == "PASSING") last_ratio = std::max(last_ratio, b.ratio);
      return b.state == "BROKEN";
    });
    broken_at_ = now();
    const breaker_view seen = look();
    told_.row("it passes calls until more than 20 % have failed, and is broken then",
              statuses() + "; at most " + std::to_string(std::lround(last_ratio * 100)) +
                  " % while it passed; " + seen.state,
              broke && only(502) && last_ratio <= 0.2 && before.state == "PASSING");
  }

  void while_broken() {
    const auto requests = company_.requests_seen("api");
    int least = 100, most = 0;
    by_status_.clear();
    for (int i = 0; i < 10; ++i) {
      const int after = std::atoi(std::string(call().field("Retry-After")).c_str());
      least = std::min(least, after);
      most = std::max(most, after);
      stage::wait(company_.loop(), gap);
    }
    const auto after = company_.requests_seen("api");
    const auto longest =
        static_cast<int>(std::chrono::ceil<std::chrono::seconds>(times_.broken).count());
    told_.row("while it is broken: 503 with Retry-After, and nothing is sent",
              statuses() + ", Retry-After " + std::to_string(least) + " to " +
                  std::to_string(most) + "; the API saw " +
                  (requests && after ? std::to_string(*after - *requests) : "?"),
              only(503) && least >= 1 && most <= longest && requests && requests == after);
  }

  void probe_fails() {
    const bool recovering = stream(times_.broken + slack, [](const breaker_view& b) {
      return b.state != "BROKEN" || b.count("call_recovering") > 0;
    });
    const duration lasted = now() - broken_at_;
    told_.row("broken for " + milliseconds(times_.broken), milliseconds(lasted),
              recovering && lasted >= times_.broken - slack && lasted <= times_.broken + slack);
    stream(times_.recovery, [](const breaker_view& b) {
      return b.count("call_recovering_failed") > 0 && b.state == "BROKEN";
    });
    broken_at_ = now();
    const breaker_view seen = look();
    told_.row("a small sample of calls runs, fails, and it is broken again",
              std::to_string(seen.count("call_recovering")) + " recovering, " +
                  std::to_string(seen.count("call_recovering_failed")) + " failed; " + seen.state,
              seen.count("call_recovering_failed") >= 1 && seen.state == "BROKEN");
  }

  void recovers() {
    api_is("{}", "is well again");
    const auto requests = company_.requests_seen("api");
    stream(times_.broken + slack, [](const breaker_view& b) { return b.state == "RECOVERING"; });
    const time_point from = now();
    const std::size_t first = samples_.size();
    const bool passing =
        stream(times_.recovery + slack, [](const breaker_view& b) { return b.state == "PASSING"; });
    const duration lasted = now() - from;
    const breaker_view seen = look();
    const auto after = company_.requests_seen("api");
    told_.row("after " + milliseconds(times_.recovery) + " of recovering well it passes again",
              milliseconds(lasted) + "; the API saw " +
                  (requests && after ? std::to_string(*after - *requests) : "?") + "; " +
                  seen.state,
              passing && lasted >= times_.recovery - slack && lasted <= times_.recovery + slack);
    const std::size_t middle = first + (samples_.size() - first) / 2;
    const auto early = share_let_through(first, middle);
    const auto late = share_let_through(middle, samples_.size());
    told_.row("meanwhile a growing share of the calls runs",
              std::to_string(early) + " % of the first half, " + std::to_string(late) +
                  " % of the second",
              early < late && early < 50 && late > 30);
    stream(times_.lead, [](const breaker_view&) { return false; });
    told_.row("and all calls pass", statuses(), only(200));
  }

  void inspected() {
    api_is(R"({"fail":404})", "answers 404, which the inspector ignores");
    ignoring_ = true;
    stream(times_.lead, [](const breaker_view&) { return false; });
    const breaker_view seen = look();
    told_.row("an ignored error is no failure, however often it comes",
              statuses() + "; " + seen.in_short(),
              only(502) && seen.state == "PASSING" && seen.ratio == 0);
    told_.row("its states were", path_,
              path_.starts_with("PASSING > BROKEN > RECOVERING") &&
                  path_.ends_with("RECOVERING > PASSING"));
  }

  void decorators() {
    api_is(R"({"fail":500})", "answers 500, and the decorated functions are called");
    by_status_.clear();
    int calls = 0;
    for (; calls < 40 && !interrupted_() && look("cutout_list").state == "PASSING"; ++calls) {
      call("/cutout");
    }
    const breaker_view list = look("cutout_list"), one = look("cutout_one"), context = look();
    told_.row("each decorated function has a breaker of its own",
              "list " + list.state + ", one " + one.state + ", context " + context.state,
              list.state == "BROKEN" && one.state == "PASSING" && context.state == "PASSING");
    const stage::answer turned_away = call("/cutout");
    const int after = std::atoi(std::string(turned_away.field("Retry-After")).c_str());
    const auto longest =
        static_cast<int>(std::chrono::ceil<std::chrono::seconds>(times_.cutout_broken).count());
    told_.row("broken for " + milliseconds(times_.cutout_broken),
              std::to_string(turned_away.status) + ", Retry-After " + std::to_string(after),
              turned_away.status == 503 && after >= longest - 2 && after <= longest);
    company_.set_faults("api", "{}");
    const stage::answer single = call("/cutout/5eed00015eed00015eed00015eed0001");
    told_.row("the other one still gets its gist", std::to_string(single.status),
              single.status == 200);
  }

  void sums() {
    const breaker_view seen = look();
    const auto admitted = std::count_if(samples_.begin(), samples_.end(), [](const sample& s) {
      return s.how != sample::kind::rejected;
    });
    const auto turned_away = static_cast<std::int64_t>(samples_.size()) - admitted;
    std::string text;
    for (const auto& [name, count] : seen.counts) {
      text += (text.empty() ? "" : ", ") + name + " " + std::to_string(count);
    }
    told_.row("the six counters agree with what the visitors saw", text,
              seen.counts.size() == 6 && seen.count("call_count") == samples_.size() &&
                  seen.count("call_passing") + seen.count("call_recovering") ==
                      static_cast<std::uint64_t>(admitted) &&
                  seen.count("call_broken") == static_cast<std::uint64_t>(turned_away) &&
                  seen.count("call_recovering") ==
                      seen.count("call_recovering_ok") + seen.count("call_recovering_failed"));
  }

  stage::company& company_;
  stage::chronicle& told_;
  const story_times times_;
  const std::function<bool()> interrupted_;
  const time_point began_;
  time_point broken_at_{};
  duration drawn_until_{};
  std::vector<sample> samples_;
  std::vector<state_change> states_;
  std::string path_;
  bool ignoring_ = false;  // what fails now is ignored
  std::map<int, int> by_status_;
};

}  // namespace

void play_outage(stage::company& with, stage::chronicle& into, story_times times,
                 const std::string& picture, const std::function<bool()>& interrupted) {
  outage played(with, into, times, interrupted);
  played.play();
  if (!picture.empty()) played.draw_into(picture);
}

}  // namespace weir::systems::gists
