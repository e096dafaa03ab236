#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "systems/common/signal_events.hpp"
#include "systems/stage/chronicle.hpp"
#include "systems/stage/company.hpp"

namespace weir::stage {

// How a system is to be shown.
struct show_options {
  std::optional<std::uint16_t> port_base;  // ports in a row from here; else the usual ones
  std::string scenario;                    // the story to play; empty: until someone says quit
  std::string keep_logs;                   // a directory; empty: nowhere
  bool breaker = true;                     // false: without it, to see what it is for
  bool defaults = true;                    // false: without what stands in, likewise
  std::string picture;                     // a file for it, where a story draws one
  bool quick = false;                      // shorter times than in earnest

  std::uint16_t port(int nth, int usual) const noexcept {
    return static_cast<std::uint16_t>(port_base ? *port_base + nth : usual);
  }
};

// A key to press and what it does.
struct key {
  char press;
  std::string what;
  std::function<void()> act;
};

// What every show has in common: signals, the timeline on standard output, companies that come and
// go, the table at the end, the exit code.
class performance {
 public:
  performance();

  io::loop& loop() noexcept { return loop_; }
  chronicle& told() noexcept { return told_; }
  bool interrupted() const noexcept { return leaving_; }

  // What a company tells goes into the timeline; its gateway's end by itself ends the show.
  company::listener listener();
  // False when it could not be started; the reason is on standard error.
  bool begin(company& who);
  void end(company& who);
  // Until a key, a signal or the end of the gateway: `greeting` first, then what was pressed.
  void stay_open(company& who, const std::string& greeting, std::vector<key> keys);
  // Stops or starts one of the company, as a key does.
  void toggle(company& who, const std::string& name);

  // Plays a story; one that was interrupted ends there, with a word on it and no table.
  void play(const std::function<void()>& story);

  // Prints the table if there is one. The exit code: 0 when everything was as told.
  int over();

 private:
  io::loop loop_;
  chronicle told_;
  systems::signal_events signals_;
  bool leaving_ = false;
  bool cut_ = false;     // the story was interrupted
  bool ending_ = false;  // what ends now was asked to
  int code_ = 0;
};

}  // namespace weir::stage
