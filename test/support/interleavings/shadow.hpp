// Makes what is included after it code of the machine: the real headers and sources of what is
// explored. They land in a namespace of their own (WEIR_EXPLORED_AS), beside the real library that
// the test is linked with, and in there `std` is one that has its own atomic and mutex, and the
// real one's everything else. Not a line of the sources knows.

#pragma once

// What the sources include of the standard library must be in before `weir` has another meaning.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <limits>
#include <list>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <random>
#include <span>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <variant>

#include "support/interleavings/atomic.hpp"
#include "support/interleavings/explore.hpp"

#ifndef WEIR_EXPLORED_AS
#define WEIR_EXPLORED_AS weir_explored
#endif

namespace WEIR_EXPLORED_AS {
namespace std {
using namespace ::std;
template <class T>
using atomic = ::interleavings::atomic<T>;
using mutex = ::interleavings::mutex;
using condition_variable = ::std::condition_variable_any;  // to compile: nobody waits here
}  // namespace std
}  // namespace WEIR_EXPLORED_AS

#define weir WEIR_EXPLORED_AS
