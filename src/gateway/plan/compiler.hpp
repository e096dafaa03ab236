#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/gateway/config/effective.hpp"
#include "weir/gateway/config/problem.hpp"
#include "weir/gateway/plan/plan.hpp"

// How a document becomes a plan, part by part. The document is known to be sound: names resolve,
// expressions check. What fails nevertheless is told as a problem and never half done.
namespace weir::gateway {

// Names and their slots at one place of a route. Copied where a variable is added.
class name_slots {
 public:
  void add(std::string name, std::uint16_t slot) { slots_.insert_or_assign(std::move(name), slot); }
  std::optional<std::uint16_t> find(std::string_view name) const {
    const auto found = slots_.find(name);
    if (found == slots_.end()) return std::nullopt;
    return found->second;
  }

 private:
  std::map<std::string, std::uint16_t, std::less<>> slots_;
};

// Makes programs of expressions and shapes of shapes; hands out slots for variables.
class program_maker {
 public:
  program_maker(config::problems& found, std::uint16_t next_slot)
      : found_(found), next_slot_(next_slot) {}

  expression::program make(const config::expression_text& of, const name_slots& names);
  expression::program make(const expression::ast& of, const config::node& scalar,
                           const name_slots& names);
  expression::text_program make(const config::template_text& of, const name_slots& names);
  expression::text_program make(const expression::text_template& of, const config::node& scalar,
                                const name_slots& names);
  // `where` names the shape in messages: "reply".
  shape make(const config::shape& of, const name_slots& names, const std::string& where);

  std::uint16_t new_slot() noexcept { return next_slot_++; }
  std::uint16_t slots() const noexcept { return next_slot_; }
  // Some program made so far reads the body of the client's request.
  bool reads_body() const noexcept { return reads_body_; }

 private:
  void note(const expression::program& made);
  void report(const expression::problems& all, const config::node& scalar);
  shape make_each(const config::shape& of, const name_slots& names, const std::string& where);

  config::problems& found_;
  std::uint16_t next_slot_;
  bool reads_body_ = false;
};

struct compiling {
  const config::document& d;
  config::problems& found;
  rate_limits& rates;
  std::vector<std::shared_ptr<const rate_limit>>& rates_in_use;
  std::map<std::string, std::shared_ptr<upstream::service>, std::less<>> services{};
  std::map<std::string, std::shared_ptr<const rate_limit>, std::less<>> service_rates{};
};

gateway_settings compile_settings(compiling& c);
std::shared_ptr<const error_shape> compile_errors(const config::setting<config::errors_document>& e,
                                                  config::problems& found);
std::optional<upstream::service_settings> compile_service(
    compiling& c, const config::named<config::service_document>& s);
void compile_place(compiling& c, const config::service_document& s,
                   upstream::service_settings& out);
discovery_plan compile_discovery(compiling& c);
// `file` and a hash of its content. That it can be used is found out here, where there is a place
// to point at.
void compile_authorities(compiling& c, const config::setting<std::string>& from, std::string& file,
                         std::size_t& content);
// Null: there is none, or it cannot be.
std::shared_ptr<const rate_limit> compile_rate(
    compiling& c, const std::string& name,
    const config::setting<config::switchable<config::rate_limit_document>>& s);
route_plan compile_route(compiling& c, const config::route_document& route);
call_plan compile_call(compiling& c, const config::route_document& route,
                       const config::step_document& step, const name_slots& names,
                       program_maker& make);
proxy_plan compile_proxy(compiling& c, const config::route_document& route, const name_slots& names,
                         program_maker& make);
// `whom`: who calls, by a name that stays the same over reloads.
pipeline compile_policies(const config::effective_words& words, call_plan& call,
                          const std::string& whom);
pipeline compile_proxy_policies(const config::effective_words& words, call_plan& call);
std::optional<duration> attempt_time(const config::effective_words& words);
// None where the call's answers are not kept.
std::optional<cache_plan> compile_cache(const config::effective_words& words,
                                        const call_plan& call);
// What the answers of a service may take, by whoever says most; 0: nobody keeps any.
std::size_t cache_bytes(const config::document& d,
                        const config::named<config::service_document>& service);

// What holds where the file says nothing.
inline constexpr duration default_attempt_timeout = std::chrono::seconds(5);
inline constexpr duration default_deadline = std::chrono::seconds(15);
inline constexpr std::size_t default_limit = 32;

}  // namespace weir::gateway
