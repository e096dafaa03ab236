#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "weir/base/clock.hpp"
#include "weir/io/address.hpp"

namespace weir::io {

// What names resolved to, for as long as DNS allows, within bounds: a life of 0 would mean a query
// for every connection, and one of a week would outlive the host. Knows no clock. Not thread-safe.
class address_cache {
 public:
  static constexpr duration least_life = std::chrono::seconds(1);
  static constexpr duration longest_life = std::chrono::minutes(5);
  static constexpr std::size_t most_names = 4096;

  // Null when the name is not known, or no more.
  const std::vector<address>* find(const std::string& name, time_point now) {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return nullptr;
    if (found->second.until > now) return &found->second.addresses;
    by_name_.erase(found);
    return nullptr;
  }

  void keep(const std::string& name, std::vector<address> addresses, duration life,
            time_point now) {
    if (by_name_.size() >= most_names && !by_name_.contains(name)) make_room(now);
    by_name_[name] = {std::move(addresses),
                      saturating_add(now, std::clamp(life, least_life, longest_life))};
  }

  std::size_t size() const noexcept { return by_name_.size(); }

 private:
  struct entry {
    std::vector<address> addresses;
    time_point until;
  };

  void make_room(time_point now) {
    std::erase_if(by_name_, [now](const auto& one) { return one.second.until <= now; });
    if (by_name_.size() >= most_names) by_name_.erase(by_name_.begin());
  }

  std::unordered_map<std::string, entry> by_name_;
};

}  // namespace weir::io
