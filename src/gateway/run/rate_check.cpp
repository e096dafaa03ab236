#include "weir/gateway/run/rate_check.hpp"

#include <charconv>
#include <chrono>

#include "weir/gateway/run/caller.hpp"

namespace weir::gateway {

keyed_rate_limiter::standing ask(const rate_limit& limit, const request_context& request,
                                 time_point now) {
  switch (limit.options().by) {
    case counted_by::client:
      return limit.ask(client_network(request), now);
    case counted_by::header: {
      const auto value = request.exchange->head().fields.find(limit.options().header);
      return limit.ask(value.value_or(""), now);
    }
    case counted_by::everyone:
      break;
  }
  return limit.ask({}, now);
}

void append_rate_lines(const rate_limit& limit, const rate_standing& stands, std::string& to) {
  char number[20];
  const auto append = [&](std::int64_t n) {
    to.append(number, std::to_chars(number, std::end(number), n).ptr);
  };
  to += limit.policy_lines();
  append(stands.available);
  to += ";t=";
  append(std::chrono::ceil<std::chrono::seconds>(stands.full_in).count());
  to += "\r\n";
}

}  // namespace weir::gateway
