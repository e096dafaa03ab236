#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace weir::bench {

// One thread's loop of so many calls. Made new for each thread of each round; gets its number.
using loop = std::function<void(int thread, std::uint64_t calls)>;

struct measured {
  std::string name;
  int threads = 1;
  double ns = 0;             // for a call on one thread, the median of the rounds
  double low = 0, high = 0;  // of the rounds
  double allocations = 0;    // for a call
};

// Collects cases and runs them in turns, round after round, so that what disturbs the machine
// disturbs all of them alike.
class campaign {
 public:
  explicit campaign(int rounds, double seconds_each) : rounds_(rounds), seconds_(seconds_each) {}
  void add(std::string name, int threads, loop body);
  std::vector<measured> run();

 private:
  struct one {
    measured result;
    loop body;
    std::uint64_t calls = 0;
    std::vector<double> ns;
  };
  double once(one& c, std::uint64_t calls);

  int rounds_;
  double seconds_;
  std::vector<one> cases_;
};

// Calls of operator new so far, by all threads.
std::uint64_t allocations() noexcept;

// Keeps the compiler from knowing what becomes of a value.
template <class T>
inline void keep(const T& value) noexcept {
  asm volatile("" : : "g"(&value) : "memory");
}

}  // namespace weir::bench
