#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "systems/gists/breaker_view.hpp"
#include "systems/gists/picture.hpp"
#include "systems/stage/chronicle.hpp"
#include "systems/stage/company.hpp"

namespace weir::systems::gists {

// Who calls the gists steadily, 20 times a second, and looks at the context's breaker meanwhile:
// what became of the calls, and which states were seen when. Tells every new state as an event. On
// the loop's thread.
class onlooker {
 public:
  onlooker(stage::company& at, stage::chronicle& into, std::function<bool()> interrupted);

  breaker_view look(const std::string& name = "context");
  stage::answer call(const std::string& target = "/");
  // A call that is made when its turn has come. What a busy machine missed is made up for, but not
  // without end.
  stage::answer paced_call();
  // A steady stream of calls until `done` says so; false when `longest` passed first.
  bool stream(duration longest, const std::function<bool(const breaker_view&)>& done);
  void stream(duration long_enough);

  // Of the calls since the tally or a stream began: "12 x 200, 1 x 503"; and whether all gave that.
  void begin_tally(std::map<int, int> with = {}) { by_status_ = std::move(with); }
  std::string tally() const;
  bool only(int status) const;

  // Percent of the calls from one to another.
  long share_let_through(std::size_t from, std::size_t to) const;

  void failures_are_ignored() { ignoring_ = true; }
  bool interrupted() const { return interrupted_(); }
  duration since_it_began() const { return now() - began_; }
  moment changed() const { return changed_; }  // the context's latest change of state
  const std::vector<sample>& samples() const { return samples_; }
  const std::vector<state_change>& states() const { return states_; }
  std::string path() const;  // "PASSING > BROKEN"

 private:
  void note(const breaker_view& seen, time_point asked);

  stage::company& company_;
  stage::chronicle& told_;
  const std::function<bool()> interrupted_;
  const time_point began_;
  time_point next_;  // when the next call is due
  moment changed_{};
  time_point looked_{};  // when the context's state was asked for last
  std::vector<sample> samples_;
  std::vector<state_change> states_;
  bool ignoring_ = false;
  std::map<int, int> by_status_;
};

}  // namespace weir::systems::gists
