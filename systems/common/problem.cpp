#include "systems/common/problem.hpp"

#include "weir/http/message.hpp"
#include "weir/json/writer.hpp"

namespace weir::systems {

std::string problem_body(int status, std::string_view detail) {
  std::string body;
  json::writer out(body);
  out.begin_object().key("type").string("about:blank");
  out.key("title").string(http::reason_phrase(status)).key("status").integer(status);
  out.key("detail").string(detail).end_object();
  return body;
}

}  // namespace weir::systems
