#include "weir/gateway/run/shaped_error.hpp"

#include <utility>

namespace weir::gateway {

error_answer shaped_error(const request_context& request, problem p,
                          const std::vector<step_failure>& failures) {
  p.trace_id = request.trace_text();
  const error_shape* shaped = request.route ? request.route->errors.get() : nullptr;
  if (!shaped) shaped = request.settings->errors.get();
  return render_problem(p, shaped, failures);
}

http::error_body shaped_body_error(const request_context& request, int status,
                                   std::string_view detail) {
  error_answer out =
      shaped_error(request, {.status = status, .why = cause::bad_request, .detail = detail});
  return {std::move(out.content_type), std::move(out.body), out.status};
}

}  // namespace weir::gateway
