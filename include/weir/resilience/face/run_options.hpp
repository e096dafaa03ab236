#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>

#include "weir/base/clock.hpp"
#include "weir/base/deadline.hpp"
#include "weir/resilience/outcome.hpp"

namespace weir {

class context;

// What became of a call, for logs and tests.
struct run_report {
  std::uint32_t attempts = 0;
  verdict counts = verdict::ok;
  cause why = cause::none;     // also when a fallback's value took the place of the call's
  bool from_fallback = false;  // the value is a fallback's
};

// What is known of one call. Value type; the default is a call without a limit of its own that may
// be tried again.
struct run_options {
  deadline until = deadline::never();  // the caller's; being cut by it is nobody's failure
  bool retryable = true;               // sending it twice does no harm
  std::stop_token stop = {};           // the caller may give up
  // The attempt that this call is a part of: its deadline and cancellation hold here too.
  const context* parent = nullptr;
  // Where the time comes from and where waits are spent; null: the parent's, else the machine's.
  const clock_source* time = nullptr;
  run_report* report = nullptr;  // filled when the call ends
  // Where run() has its attempts made, so that a hedge can make two at once and a timeout is told
  // at its time: given work, it runs it soon on another thread. Without it attempts are made on the
  // caller's thread, one after another. run() still waits until every attempt has ended.
  std::function<void(std::function<void()>)> executor = {};
};

}  // namespace weir
