#pragma once

#include <functional>
#include <optional>
#include <string>

#include "systems/common/service.hpp"
#include "weir/base/clock.hpp"

namespace CLI {
class App;
}

namespace weir::systems::presentations {

// What the main service is told at start, whoever's breaker it has.
struct main_settings {
  std::string authors = "http://127.0.0.1:8081";
  std::string presentations = "http://127.0.0.1:8082";
  duration timeout = std::chrono::seconds(1);
  duration open = std::chrono::seconds(10);

  void add_to(CLI::App& app);
};

struct presentation {
  std::string title;
  std::string author_id;  // as the JSON it is
};

// The first of a list of presentations; none if it is empty. Throws web_error for what is no such
// list.
std::optional<presentation> first_presentation(const std::string& body);

// The last name of the first of a list of authors as JSON: null if there is none. Throws likewise.
std::string last_name_of(const std::string& body);

// The main service's answer; `last_name` is JSON.
reply presentation_and_author(const std::string& title, const std::string& last_name);

// The program around a main service: what `make` gives for the settings answers for a title. Gives
// the exit code.
using title_handler = std::function<reply(const std::string& title)>;
int run_main_service(const std::string& program, int argc, char** argv,
                     const std::function<title_handler(const main_settings&)>& make);

}  // namespace weir::systems::presentations
