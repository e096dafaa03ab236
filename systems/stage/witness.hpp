#pragma once

#include <functional>
#include <string>

#include "systems/stage/chronicle.hpp"
#include "systems/stage/circuits.hpp"
#include "systems/stage/company.hpp"

namespace weir::stage {

// Looks at one circuit of a company's gateway while a story is played: in the answers of /circuits
// and in the log.
class witness {
 public:
  witness(company& of, std::string circuit, std::function<bool()> interrupted);

  std::string state() { return seen().state; }
  circuit_view seen();
  bool wait_for_state(const std::string& state, duration longest);
  // The log comes through a pipe, a moment after the answer.
  bool wait_for_log(const std::function<bool()>& told);

  // Calls to the service since the last mark(), as the log tells them, and those that failed.
  void mark();
  std::size_t calls() const;
  std::size_t failures() const;

  std::string path_in_log() const { return company_.log().path_of(circuit_); }
  std::string path_seen() const { return circuits_.path_of(circuit_); }

 private:
  company& company_;
  const std::string circuit_;
  const std::function<bool()> interrupted_;
  circuit_watch circuits_;
  std::size_t calls_before_ = 0;
  std::size_t failures_before_ = 0;
};

}  // namespace weir::stage
