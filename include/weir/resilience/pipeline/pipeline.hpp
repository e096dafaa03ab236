#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weir/resilience/circuit_breaker/breaker_layer.hpp"
#include "weir/resilience/fallback/fallback.hpp"
#include "weir/resilience/pipeline/layer.hpp"
#include "weir/resilience/retry/retry.hpp"
#include "weir/resilience/timeout/timeout.hpp"

namespace weir {

// The layer that a policy puts into a pipeline; each policy has its own overload.
inline layer_ptr as_layer(layer_ptr made) {
  return made;
}

// What may stand in a pipeline: retry, timeout, circuit_breaker, fallback_point …, anything that
// as_layer() takes.
template <class T>
concept policy = requires(const T& t) {
  { as_layer(t) } -> std::convertible_to<layer_ptr>;
};

// What a pipeline does and can cost, for people.
struct pipeline_description {
  // A layer, in words.
  struct line {
    std::string text;
    worst_case worst;  // of this layer and all inside it
  };
  std::vector<line> lines;  // outermost first; the attempt itself is the last
  worst_case worst;

  // One line for each layer, indented by its depth.
  std::string text() const;
};

struct run_options;

// Policies in the order a call meets them: outermost first. Immutable and cheap to copy; copies and
// calls share its policies. Any order and repetition is allowed; warnings() names the orders that
// make no sense.
//
//   weir::pipeline p(weir::fallback_point(), weir::retry({.attempts = 3}), author,
//                    weir::timeout(300ms));
//   auto same = weir::fallback_point() | weir::retry({.attempts = 3}) | author | …;
class pipeline {
 public:
  pipeline() : pipeline(std::vector<layer_ptr>{}) {}
  template <policy... Policies>
    requires(sizeof...(Policies) > 0)
  explicit pipeline(const Policies&... policies)
      : pipeline(std::vector<layer_ptr>{as_layer(policies)...}) {}
  explicit pipeline(std::vector<layer_ptr> layers)
      : layers_(std::make_shared<const std::vector<layer_ptr>>(std::move(layers))),
        straight_(straight_from(0)),
        hedged_(straight_ != 0 && (*layers_)[straight_ - 1]->what() == layer::role::hedge) {}

  std::size_t size() const noexcept { return layers_->size(); }
  // How many layers from the outermost on a call meets one after the other: all, or up to the first
  // hedge and with it. Inside that a call may run several times at once.
  std::size_t straight() const noexcept { return straight_; }
  // Whether the last of those is a hedge.
  bool hedged() const noexcept { return hedged_; }
  // The same from layer `first` on: the place after the next hedge, or size().
  std::size_t straight_from(std::size_t first) const noexcept;
  const layer& operator[](std::size_t i) const noexcept { return *(*layers_)[i]; }

  // The most a call can cost if one attempt takes at most `attempt`.
  worst_case worst(duration attempt = duration::max()) const;
  pipeline_description describe(duration attempt = duration::max()) const;
  // One sentence for each order of policies that makes no sense; empty when there is none.
  std::vector<std::string> warnings() const;

  // This one's policies around that one's.
  pipeline around(const pipeline& inner) const;

  // Calls f through the policies, blocking; the face is weir/resilience/face/run.hpp.
  template <class F>
  auto run(F&& f) const;
  template <class F>
  auto run(F&& f, const run_options& options) const;
  template <class F, class Inspector>
    requires(!std::is_same_v<std::remove_cvref_t<Inspector>, run_options>)
  auto run(F&& f, Inspector&& inspector) const;
  template <class F, class Inspector>
  auto run(F&& f, Inspector&& inspector, const run_options& options) const;
  // The same for code that wants exceptions: gives f's value or throws.
  template <class F, class... More>
  auto run_or_throw(F&& f, More&&... more) const;
  // Without blocking, on Boost.Asio; the face is weir/asio/async_run.hpp.
  template <class... Args>
  auto async_run(Args&&... args) const;

 private:
  std::shared_ptr<const std::vector<layer_ptr>> layers_;
  std::size_t straight_;
  bool hedged_;
};

// Two policies or pipelines, the left one outermost.
template <policy A, policy B>
pipeline operator|(const A& outer, const B& inner) {
  return pipeline(outer, inner);
}
template <policy B>
pipeline operator|(const pipeline& outer, const B& inner) {
  return outer.around(pipeline(inner));
}
inline pipeline operator|(const pipeline& outer, const pipeline& inner) {
  return outer.around(inner);
}
template <policy A>
pipeline operator|(const A& outer, const pipeline& inner) {
  return pipeline(outer).around(inner);
}

}  // namespace weir
