#include "systems/stage/performance.hpp"

#include <signal.h>
#include <iostream>

#include "systems/stage/keyboard.hpp"

namespace weir::stage {

namespace {

std::string in_words(const transition& t) {
  if (t.to == "open") {
    return "OPEN after " + std::to_string(t.failures) +
           (t.failures == 1 ? " failure" : " failures");
  }
  return t.to;
}

}  // namespace

performance::performance()
    : told_(std::cout, may_colour(), [this] { return leaving_; }),
      signals_(loop_, {SIGINT, SIGTERM, SIGHUP}, [this](int) { leaving_ = true; }) {
  ::signal(SIGPIPE, SIG_IGN);
}

company::listener performance::listener() {
  return {
      [this](const transition& t) {
        told_.event("circuit " + t.circuit + ": " + t.from + " -> " + in_words(t));
      },
      [this](const std::string& name, int status, bool asked) {
        if (ending_ || cut_) return;
        told_.event(name + (asked ? " stopped: " : " ENDED BY ITSELF: ") + describe_end(status));
        if (name != "gateway") return;
        code_ = 1;
        leaving_ = true;
      }};
}

bool performance::begin(company& who) {
  ending_ = false;
  if (auto wrong = who.start()) {
    ending_ = true;
    code_ = 1;
    std::cerr << "weir-demo: " << *wrong << '\n';
    return false;
  }
  return true;
}

void performance::end(company& who) {
  ending_ = true;
  who.stop_all();
}

void performance::stay_open(company& who, const std::string& greeting, std::vector<key> keys) {
  std::cout << '\n' << greeting << '\n';
  std::string help = "Keys:";
  for (const key& k : keys) help += std::string(" ") + k.press + " " + k.what + " ";
  help += " h help  q quit\n";
  keyboard pressed(loop_, [&](char press) {
    if (press == 'q' || press == 4) leaving_ = true;  // 4: ^D
    if (press == 'h' || press == '?') std::cout << help << '\n' << std::flush;
    for (const key& k : keys) {
      if (k.press == press) k.act();
    }
  });
  std::cout << (pressed.attached() ? help : "Running until SIGINT or SIGTERM.\n") << '\n'
            << std::flush;
  while (!leaving_) loop_.run_once(std::chrono::seconds(1));
  std::cout << '\n' << std::flush;
  told_.event("closing");
  end(who);
}

void performance::toggle(company& who, const std::string& name) {
  if (who.stopping(name)) return;
  if (who.running(name)) return who.ask_to_stop(name);
  const auto wrong = who.launch(name);
  told_.event(wrong ? *wrong : name + " started");
}

void performance::play(const std::function<void()>& story) {
  try {
    story();
  } catch (const cut_short&) {  // told below, as one that was interrupted at its very end
  }
  if (!leaving_) return;
  cut_ = true;
  code_ = 1;
  told_.event(story_cut_short);
}

int performance::over() {
  if (!cut_ && told_.has_rows()) {
    told_.print_table();
    if (!told_.all_as_told()) code_ = 1;
  }
  return code_;
}

}  // namespace weir::stage
