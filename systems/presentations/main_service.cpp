// weir-presentations-main: the presentations' main service with libweir in it. It answers as the
// gateway does by presentations.yaml.
#include "systems/common/web.hpp"
#include "systems/presentations/records.hpp"
#include "weir/base/log.hpp"
#include "weir/resilience/circuit_breaker/circuit_breaker.hpp"

namespace {

using namespace weir;
using namespace weir::systems;
using namespace weir::systems::presentations;

class main_service {
 public:
  explicit main_service(const main_settings& with)
      : settings_(with),
        web_(with.timeout),
        authors_({.name = "authors", .trip = failures_in_a_row{5}, .open_for = with.open}) {
    authors_.listen(circuit_event_kind::transition, [](const circuit_event& e) {
      log::info("circuit authors", {{"from", to_string(e.from)}, {"to", to_string(e.to)}});
    });
  }

  reply read_presentation(const std::string& title) const {
    try {
      const auto found = request_presentation(title);
      if (!found) return problem_reply(404, "there is no such presentation");
      return presentation_and_author(found->title, request_author(found->author_id));
    } catch (const web_error& e) {
      return problem_reply(e.late() ? 504 : 502, "no presentation can be had");
    }
  }

 private:
  std::optional<presentation> request_presentation(const std::string& title) const {
    return first_presentation(
        web_.get(settings_.presentations + "/presentations/" + path_segment(title)));
  }

  // JSON: the author's last name, or what stands in for it.
  std::string request_author(const std::string& id) const {
    auto permit = authors_.try_acquire();
    if (!permit) return stand_in;
    try {
      const std::string name = last_name_of(web_.get(settings_.authors + "/authors/" + id));
      permit->succeed();
      return name;
    } catch (const web_error& e) {
      permit->fail(e.what());
      return stand_in;
    }
  }

  static constexpr const char* stand_in = "\"temporary unavailable\"";
  const main_settings settings_;
  const web web_;
  const circuit_breaker authors_;
};

}  // namespace

int main(int argc, char** argv) {
  return run_main_service("weir-presentations-main", argc, argv, [](const main_settings& with) {
    return [main = std::make_shared<main_service>(with)](const std::string& title) {
      return main->read_presentation(title);
    };
  });
}
