#pragma once

#include <cstdio>
#include <cstdlib>

// Examples are tests: what they say must hold.
inline void expect(bool holds, const char* what) {
  std::printf("%s %s\n", holds ? "ok  " : "NOT ", what);
  if (!holds) std::exit(1);
}
