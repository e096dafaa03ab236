#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/http/message.hpp"

namespace weir::gateway {

// Finds the route of a request: method and path template. A literal segment beats `{x}`, and that
// beats `{x...}`, which is all that is left, segment by segment from the left. Two routes that
// match the same request are refused when they are added.
class route_table {
 public:
  static constexpr std::size_t most_parameters = 16;

  route_table();
  ~route_table();
  route_table(route_table&&) noexcept;
  route_table& operator=(route_table&&) noexcept;

  // False when a route of the same method matches exactly the same requests; `conflict` is its
  // index.
  bool add(http::method verb, std::string_view pattern, std::uint32_t route,
           std::uint32_t& conflict);

  struct match {
    enum class kind : std::uint8_t {
      found,
      no_such_path,
      no_such_method
    } what = kind::no_such_path;
    std::uint32_t route = 0;
    // Still encoded; views into the path given.
    std::string_view parameters[most_parameters];
    std::size_t parameter_count = 0;
  };
  // HEAD finds GET's route where it has none of its own.
  match find(http::method verb, std::string_view path) const;
  // "GET, HEAD, OPTIONS": for 405 and OPTIONS. Empty when the path is unknown.
  std::string allowed(std::string_view path) const;

 private:
  struct node;
  std::unique_ptr<node> root_;
};

}  // namespace weir::gateway
