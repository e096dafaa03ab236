#pragma once

#include "weir/resilience/pipeline/layer.hpp"

namespace weir {

// A layer whose inside may run several times at once: the pipeline asks it when another one should
// be started beside those in flight. Each run of the inside (a branch) passes through the layers
// within with states of its own; the first that ends well wins, the others are cancelled, and if
// all fail the last failure goes outwards.
class hedging_layer : public layer {
 public:
  // When another branch should be started, if all that were are still in flight or have failed;
  // time_point::max() if none.
  virtual time_point more_at(slot& s) const noexcept = 0;
  // That time has come. Either way more_at() moves on; true: start it.
  virtual bool try_more(slot& s, context& c) const = 0;
  // A branch that began then ended so; cause::canceled: another had won, or a configured time ran
  // out. Not told of those whose caller left, or had set the time that ran out.
  virtual void branch_ended(slot& s, time_point began, time_point now,
                            const outcome& how) const noexcept = 0;

  role what() const noexcept final { return role::hedge; }
};

}  // namespace weir
