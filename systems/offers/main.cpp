// weir-offers: the partner, whose offers are hot.
#include <ctime>

#include "systems/common/program.hpp"
#include "weir/base/clock.hpp"

namespace {

// "Hot offer 24:48": minutes and seconds of the clock.
std::string hot_offer() {
  const std::time_t at = std::chrono::system_clock::to_time_t(weir::wall_now());
  std::tm local{};
  ::localtime_r(&at, &local);
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, "Hot offer %M:%S", &local));
}

}  // namespace

int main(int argc, char** argv) {
  using namespace weir::systems;
  service_program program;
  program.name = "weir-offers";
  program.help =
      "Examples:\n"
      "  weir-offers --faults --access-log\n"
      "  curl -d '{\"fail\": 500}' http://127.0.0.1:8000/_fault    from now on the partner fails\n"
      "  curl -d '{\"hang\": true}' http://127.0.0.1:8000/_fault   … never answers\n"
      "  curl -d '{}' http://127.0.0.1:8000/_fault               … is well again\n\n"
      "The partner's service: GET /offer/hot gives a hot offer, after a second.";
  program.kinds = {{.name = "partner",
                    .what = "hot offers",
                    .listen = "127.0.0.1:8000",
                    .delay = "1s",
                    .serve = [](service& s, storage*) {
                      s.get("/offer/hot", [](const call_ptr& c) { c->text(hot_offer()); });
                    }}};
  return program.run(argc, argv);
}
