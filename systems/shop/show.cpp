#include "systems/shop/show.hpp"

#include <signal.h>
#include <iostream>
#include <map>
#include <memory>

#include "systems/common/signal_events.hpp"
#include "systems/shop/page.hpp"
#include "systems/shop/story.hpp"
#include "systems/stage/circuits.hpp"
#include "systems/stage/keyboard.hpp"
#include "systems/stage/load.hpp"

namespace weir::systems::shop {

namespace {

using namespace std::chrono_literals;

// What the page lacks while a circuit is open; `defaults`: the steps still have theirs.
std::string consequence(const std::string& circuit, bool defaults) {
  static const std::map<std::string, std::string> known{
      {"products", "the page is 503 with Retry-After"},
      {"inventory", "every inventory is null"},
      {"favorites", "favorite_items is null"},
      {"cart", "cart_items is null"}};
  const auto found = known.find(defaults ? circuit : "products");
  return found == known.end() ? "its steps take their defaults" : found->second;
}

std::string in_seconds(duration d) {
  const auto tenths = std::chrono::round<std::chrono::duration<std::int64_t, std::deci>>(d).count();
  std::string text = std::to_string(tenths / 10);
  if (tenths % 10 != 0) text.append(".").append(std::to_string(tenths % 10));
  return text + " s";
}

// "within 10s" as people write it: "within 10 s".
std::string spaced(const std::string& text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::string made;
  for (const char c : text) {
    if (c >= 'a' && c <= 'z' && !made.empty() && is_digit(made.back())) made += ' ';
    made += c;
  }
  return made;
}

// ": 5 failures within 10 s", with the number that there really were.
std::string why_open(const stage::transition& t, const std::string& rule) {
  if (t.reason == "probe failed") return " again: the probe failed";
  if (t.reason != "tripped") return ": " + t.reason;
  const std::size_t rest = std::min(rule.find(" failures"), rule.size());
  return ": " + std::to_string(t.failures) + spaced(rule.substr(rest));
}

std::string why_closed(const std::string& reason) {
  if (reason == "probe succeeded") return "the probe succeeded";
  if (reason == "forced") return "by force";
  return reason == "reset" ? "it was reset" : reason;
}

class shop_show {
 public:
  explicit shop_show(const show_options& how)
      : options_(how),
        told_(std::cout, stage::may_colour(), [this] { return leaving_; }),
        cast_(loop_, how.with,
              {[this](const stage::transition& t) { tell(t); },
               [this](const std::string& name, int status, bool asked) {
                 told_end(name, status, asked);
               }}),
        load_(loop_, cast_.visitor(), load_options()) {}

  int run() {
    signal_events signals(loop_, {SIGINT, SIGTERM, SIGHUP}, [this](int) { leave(); });
    ::signal(SIGPIPE, SIG_IGN);
    told_.event("starting products, inventory, favorites, cart and the gateway");
    if (auto wrong = cast_.start()) {
      leaving_ = true;
      std::cerr << "weir-demo: " << *wrong << '\n';
      return 1;
    }
    up_ = true;
    options_.scenario.empty() ? stay_open() : play();
    leaving_ = true;
    load_.stop();
    cast_.stop_all();
    return code_;
  }

 private:
  void play() {
    try {
      play_outage(cast_, told_, [this] { return leaving_; });
    } catch (const stage::cut_short&) {  // told below, as one interrupted at its very end
    }
    if (leaving_) {
      code_ = 1;
      return told_.event(stage::story_cut_short);
    }
    told_.print_table();
    if (!told_.all_as_told()) code_ = 1;
  }

  void stay_open() {
    const std::string page = "http://127.0.0.1:" + std::to_string(cast_.gateway_port());
    std::cout << "\nThe shop is open: " << page << "/products/all\n\nTo try, in another terminal:\n"
              << "  curl -s " << page << "/products/all\n"
              << "  curl -si '" << page << "/products/all?user=1'\n"
              << "  curl -s http://127.0.0.1:" << cast_.admin_port() << "/circuits\n\n";
    stage::keyboard keys(loop_, [this](char key) { pressed(key); });
    if (keys.attached()) {
      help();
    } else {
      std::cout << "Running until SIGINT or SIGTERM.\n" << '\n' << std::flush;
    }
    while (!leaving_) loop_.run_once(1s);
    std::cout << '\n' << std::flush;
    told_.event("closing the shop");
  }

  void leave() { leaving_ = true; }

  void told_end(const std::string& name, int status, bool asked) {
    if (leaving_) return;
    told_.event(name + (asked ? " stopped: " : " ENDED BY ITSELF: ") + stage::describe_end(status));
    if (name != "gateway" || !up_) return;
    code_ = 1;
    leave();
  }

  static void help() {
    std::cout << "Keys: 1 products  2 inventory  3 favorites  4 cart: stop or start\n"
                 "      s inventory slow or quick   l load on or off   h help   q quit\n"
              << '\n'
              << std::flush;
  }

  void pressed(char key) {
    switch (key) {
      case '1':
      case '2':
      case '3':
      case '4':
        return toggle(static_cast<role>(key - '1'));
      case 's':
        return toggle_slow();
      case 'l':
        load_.running() ? load_.stop() : load_.start();
        return told_.event(load_.running() ? "load on: 100 pages/s" : "load off");
      case 'q':
      case 4:  // ^D
        return leave();
      case 'h':
      case '?':
        return help();
      default:
        return;
    }
  }

  void toggle(role which) {
    if (cast_.stopping(which)) return;
    if (cast_.running(which)) return cast_.ask_to_stop(which);
    if (which == inventory) slow_ = false;  // a new process begins as usual
    auto wrong = cast_.launch(which);
    told_.event(wrong ? *wrong : std::string(role_names[which]) + " started");
  }

  void toggle_slow() {
    const bool slow = !slow_;
    cast_.set_faults(inventory, slow ? R"({"delay":"2s..5s"})" : "{}", [this, slow](bool taken) {
      if (taken) slow_ = slow;
      told_.event(!taken ? "inventory is not there to be told"
                  : slow ? "inventory takes 2 to 5 s now"
                         : "inventory is as usual");
    });
  }

  void tell(const stage::transition& t) {
    const std::string circuit = "circuit " + t.circuit;
    if (t.to == "open") return tell_opening(t);
    if (t.to == "half-open") {
      told_.event(circuit + " half-open: one call goes through as a probe");
    } else if (t.to == "closed") {
      told_.event(circuit + " closed: " + why_closed(t.reason) + ", calls go through again");
    } else if (t.to == "forced-open") {
      told_.event(circuit + " FORCED OPEN: " + consequence(t.circuit, options_.with.defaults) +
                  " until it is reset or forced closed");
    } else {
      told_.event(circuit + " " + t.to);
    }
  }

  // The figures of an opening are the gateway's own, asked for when its log tells of it.
  void tell_opening(const stage::transition& t) {
    stage::question q;
    q.port = cast_.admin_port();
    q.target = "/circuits";
    cast_.visitor().ask(q, [this, t](const stage::answer& a) {
      const stage::circuit_view view = stage::read_circuits(a)[t.circuit];
      told_.event("circuit " + t.circuit + " OPEN" + why_open(t, view.rule) + "; " +
                  consequence(t.circuit, options_.with.defaults) + " until a probe succeeds" +
                  "; next probe in " + in_seconds(view.time_to_probe));
    });
  }

  stage::load::options load_options() {
    stage::load::options made;
    made.what.port = cast_.gateway_port();
    made.what.target = "/products/all?user=1";
    made.is_partial = [](const stage::answer& a) { return !a.field("Weir-Partial").empty(); };
    made.each_second = [this](const stage::load::second& s) {
      told_.event("load: " + std::to_string(s.answered) + " pages/s, " + std::to_string(s.failed) +
                  " failed, " + std::to_string(s.partial) + " partial, slowest " +
                  stage::milliseconds(s.slowest));
    };
    return made;
  }

  const show_options options_;
  io::loop loop_;
  bool up_ = false;  // all was ready once
  bool leaving_ = false;
  int code_ = 0;
  bool slow_ = false;
  stage::chronicle told_;
  cast cast_;
  stage::load load_;
};

}  // namespace

int show(const show_options& how) {
  return shop_show(how).run();
}

}  // namespace weir::systems::shop
