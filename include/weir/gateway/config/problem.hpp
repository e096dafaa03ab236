#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "weir/gateway/config/source.hpp"

namespace weir::gateway::config {

enum class severity { error, warning };

// One thing that is wrong with a file: what, and after a semicolon what to do about it.
struct problem {
  severity how = severity::error;
  place where;
  std::string what;
  std::string suggestion;  // the word probably meant; empty: none
};

// Everything found, to be told at once.
class problems {
 public:
  void error(place where, std::string what, std::string suggestion = {});
  void warn(place where, std::string what);
  void add(problem p) { all_.push_back(std::move(p)); }

  // Whether something in that stretch is wrong: what is missing there may be it.
  bool has_error_in(place stretch) const noexcept;
  bool has_errors() const noexcept { return errors_() != 0; }
  std::size_t errors() const noexcept { return errors_(); }
  std::size_t warnings() const noexcept { return all_.size() - errors_(); }
  bool empty() const noexcept { return all_.empty(); }
  const std::vector<problem>& all() const noexcept { return all_; }

  // In the order of the file, and each said once.
  void sort();

 private:
  std::size_t errors_() const noexcept;
  std::vector<problem> all_;
};

struct print_options {
  bool color = false;
};

// shop.yaml:14:5: error: unknown key `retrys`; did you mean `retry`?
//    14 |     retrys: {attempts: 2}
//       |     ^~~~~~
std::string print(const problem& p, const source& in, print_options how = {});
std::string print(const problems& all, const source& in, print_options how = {});

// [{"severity":"error","file":…,"line":14,"column":5,"length":6,"message":…,"suggestion":…}]
std::string to_json(const problems& all, const source& in);

}  // namespace weir::gateway::config
