#pragma once

#include "message.hpp"

namespace weir::sharing {

// A circuit as the connection sees it. Belongs to the loop's thread.
class participant {
 public:
  virtual ~participant() = default;
  virtual void on_up() = 0;    // the server is there (again)
  virtual void on_down() = 0;  // the circuit goes on alone
  virtual void on_message(const message& m) = 0;
};

}  // namespace weir::sharing
