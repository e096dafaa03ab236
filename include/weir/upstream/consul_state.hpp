#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/random.hpp"
#include "weir/base/result.hpp"
#include "weir/upstream/discovery_settings.hpp"

namespace weir::upstream {

// The instances of an answer of /v1/health/service. An error where it is not what Consul says: then
// nothing of it is believed.
result<std::vector<instance_spec>, std::string> read_health(std::string_view body,
                                                            const discovery_settings& of);

// Following one service in Consul by blocking queries, without the I/O: what to ask and when, what
// of the answers to believe, when to act on it.
//
// The index is the agent's: one that goes back starts anew, one below 1 is 1. An answer that is an
// error, junk, of a cluster without a leader, or empty (until it has been so for the grace period)
// changes nothing: what was last known goes on.
class consul_state {
 public:
  consul_state(consul_settings at, discovery_settings of)
      : at_(std::move(at)), of_(std::move(of)) {}

  // The list of an earlier process, to be kept like one of Consul's.
  void remember(std::vector<instance_spec> list) {
    known_ = !list.empty();
    applied_ = std::move(list);
  }

  // "/v1/health/service/NAME?passing=true&…"
  std::string target() const;
  std::string header_lines() const;
  // How long an answer may take: the agent adds up to a sixteenth to the wait.
  duration patience() const noexcept;

  struct reply {
    int status = 0;
    std::string_view index;
    std::string_view known_leader;
    std::string_view body;
  };
  // Both return when to ask again.
  time_point answered(const reply& r, time_point now, random_source& random);
  time_point failed(std::string why, time_point now, random_source& random);

  // When there is something to act on; never: time_point::max().
  time_point due_at() const noexcept { return due_at_; }
  // The list to take over, if it is due. Told once.
  std::optional<std::vector<instance_spec>> take(time_point now);

  bool known() const noexcept { return known_; }
  const std::string& trouble() const noexcept { return trouble_; }  // empty: all is well
  std::uint64_t index() const noexcept { return index_; }

 private:
  time_point pace(time_point now);
  void believe(std::vector<instance_spec> list, time_point now);

  consul_settings at_;
  discovery_settings of_;
  std::uint64_t index_ = 0;
  std::uint32_t failures_ = 0;
  std::string trouble_;
  bool known_ = false;
  std::vector<instance_spec> applied_;
  std::optional<std::vector<instance_spec>> pending_;
  time_point due_at_ = time_point::max();
  // A bucket of tokens, so that a service that flaps does not turn blocking queries into a flood.
  double tokens_ = 10;
  time_point tokens_at_{};
};

// Percent-encodes what may not stand in a path segment or a query's value.
std::string encode_component(std::string_view text);

}  // namespace weir::upstream
