#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace bench {

struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};

// Every answer of the stub services, whole messages keyed by the request target. They are made once
// so that serving is one look-up and one send: the stub shares a core with the load generator, and
// what it spends is not there for the load.
//
// What is served is the model of bench/page.py; the self-test compares the two.
class answers {
 public:
  answers();

  // The message for `target`, or that of a 404.
  std::string_view find(std::string_view target) const;

 private:
  void add(std::string target, std::string_view type, std::string_view body);

  std::unordered_map<std::string, std::string, text_hash, std::equal_to<>> by_target_;
  std::string not_found_;
};

}  // namespace bench
