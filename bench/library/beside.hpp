#pragma once

namespace weir::bench {

// Measures once, on so many threads, what bench/library/peers measures of other libraries, and
// prints a line of JSON for each: {"case": "GROUP/CONTENDER", "ns": …}.
void print_beside(int threads, double seconds_each);

}  // namespace weir::bench
