#pragma once

#include <string_view>

#include "weir/gateway/expression/value.hpp"
#include "weir/gateway/plan/plan.hpp"
#include "weir/gateway/reply/cause.hpp"
#include "weir/http/client.hpp"
#include "weir/json/parser.hpp"
#include "weir/resilience/outcome.hpp"

namespace weir::gateway {

// How an attempt went, said once for everybody who asks: the step (a value or a cause), the
// breaker and the retry (outcome).
struct judged {
  cause why = cause::none;
  int status = 0;          // of the service; 0: no answer
  expression::value body;  // decoded, when the call succeeded or its status is passed on
  std::string_view raw_body;
  std::string_view content_type;
  bool passed = false;  // its status and body are the client's answer
  weir::outcome for_policies;
};

// What a status alone says to the policies.
weir::outcome outcome_of_status(const call_plan& call, int status, duration retry_after);

// What a time-out set by the configuration says of the service.
verdict timeouts_count(const call_plan& call) noexcept;

// The cause of a call's end as the pipeline gives it; `last` is that of the last attempt.
cause cause_of(const weir::outcome& end, cause last);

// An answer that came whole. With `missing:`, a 404 or 410 is missing_field and no failure for the
// policies.
judged judge_answer(const step_plan& step, int status, std::string_view content_type,
                    std::string_view body, duration retry_after, json::parser& parser,
                    arena& memory);

// An attempt without a whole answer.
judged judge_failure(const call_plan& call, http::client_error why, bool before_head);

// No instance of the service is known, or the circuits of all are open: nothing was sent.
judged judge_no_instance(const call_plan& call);
judged judge_all_open(duration retry_after);

// One that came, but was over its limit.
judged judge_oversized(const call_plan& call, int status);

}  // namespace weir::gateway
