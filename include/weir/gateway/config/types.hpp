#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/gateway/config/document.hpp"
#include "weir/gateway/config/reader.hpp"

namespace weir::json {
class writer;
}

namespace weir::gateway::config {

class schema_writer;

// How a value is written: its name in the reference, its JSON Schema. A reader of it is a type<T>.
class any_type {
 public:
  virtual std::string word() const = 0;  // "duration", "list of names"
  virtual void schema(schema_writer& to) const = 0;

 protected:
  ~any_type() = default;
};

template <class T>
class type : public any_type {
 public:
  using value_type = T;
  // Nothing, and a problem told, where it is not written as it should be.
  virtual std::optional<T> read(reader& r, const node& from) const = 0;

 protected:
  ~type() = default;
};

// What a server holds of a request's head at most; compile.cpp sees that it does.
inline constexpr std::uint64_t most_head_bytes = std::uint64_t{44} * 1024;
inline constexpr std::uint64_t most_header_fields = 511;

// Values of such JSON are compared by recursion, which takes about 200 bytes of a worker's stack
// for each level, and several times that under a sanitizer.
inline constexpr std::uint64_t most_json_depth = 2048;

// The scalar types. Each is one object, and has no state but its bounds.
namespace types {

const type<duration>& positive_duration();
const type<duration>& any_duration();  // zero too
const type<time_limit>& duration_or_none();
const type<pause_range>& durations();  // 25ms..250ms or 100ms
const type<std::uint64_t>& bytes();    // 64KiB
const type<std::uint64_t>& bytes_or_zero();
const type<std::uint64_t>& head_bytes();     // up to most_head_bytes
const type<std::uint64_t>& header_fields();  // up to most_header_fields
const type<std::uint64_t>& json_depth();     // up to most_json_depth
const type<double>& percent();               // 20%
const type<bool>& boolean();
const type<std::string>& text();
const type<std::string>& file_name();
const type<std::string>& policy_name();
const type<std::string>& media_type();
const type<std::string>& field_text();  // of one line
const type<std::string>& head_word();   // …without blanks: a host, a path
const type<std::uint64_t>& at_least_one();
const type<std::uint64_t>& count();        // zero too
const type<std::uint64_t>& tries();        // 1…1000
const type<std::uint64_t>& workers();      // 1…1024
const type<std::uint64_t>& pipelining();   // 1…64
const type<int>& answer_status();          // 200…599
const type<int>& error_status();           // 400…599
const type<std::vector<int>>& statuses();  // one or a list
const type<config::url>& service_url();
const type<std::vector<listen_address>>& addresses();  // one or a list
const type<switchable<listen_address>>& address_or_off();
const type<std::vector<network_block>>& networks();
const type<std::vector<std::string>>& field_names();  // of headers; lower case
const type<std::vector<std::string>>& origins();
const type<failure_kinds>& failures();
const type<breaker_profile>& profile();
const type<breaker_sharing>& sharing();
const type<breaker_scope>& scope();
const type<balance_kind>& balance();
const type<config::rate>& rate();  // 100/s
const type<config::rate_source>& rate_source();
const type<config::hedge_delay>& hedge_delay();  // p95 or 50ms
const type<std::vector<verb>>& methods();        // one or a list
const type<double>& factor();                    // 1.5, at least 1
const type<config::hash_source>& hash_source();
const type<std::vector<std::string>>& words();  // one or a list
const type<std::string>& honours();
const type<body_as>& as();
const type<body_kind>& expect();

// Those with expressions.
const type<expression_text>& expression();
const type<each_source>& each();
const type<config::target>& target();
const type<config::target>& proxy_target();
const type<config::shape>& shape();
const type<std::vector<header>>& headers();
const type<std::vector<header>>& header_files();
const type<std::vector<named<template_text>>>& query();

}  // namespace types
}  // namespace weir::gateway::config
