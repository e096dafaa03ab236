#include "systems/presentations/records.hpp"

#include <CLI/CLI.hpp>

#include "systems/common/program.hpp"
#include "systems/common/web.hpp"
#include "weir/base/arena.hpp"
#include "weir/json/parser.hpp"
#include "weir/json/writer.hpp"

namespace weir::systems::presentations {

namespace {

// A list that was parsed, with the memory it lies in.
struct parsed_list {
  explicit parsed_list(const std::string& body) {
    const auto parsed = parser.parse(body, memory);
    if (!parsed || !parsed->is(json::kind::array)) throw web_error(0, "the answer is no list");
    for (json::value element : parsed->elements()) {
      first = element;
      break;
    }
  }

  json::parser parser;
  arena memory;
  json::value first;
};

}  // namespace

void main_settings::add_to(CLI::App& app) {
  app.add_option("--authors", authors, "URL (default " + authors + ")");
  app.add_option("--presentations", presentations, "URL (default " + presentations + ")");
  add_duration(app, "--timeout", timeout, "how long each of them may take");
  add_duration(app, "--open", open, "how long the authors are left alone");
}

std::optional<presentation> first_presentation(const std::string& body) {
  parsed_list list(body);
  if (!list.first) return {};
  const auto title = list.first.find("title").as_string(list.memory);
  const auto author = list.first.find("author_id").as_int64();
  if (!title || !author) throw web_error(0, "the answer is no list of presentations");
  return presentation{std::string(*title), std::to_string(*author)};
}

std::string last_name_of(const std::string& body) {
  parsed_list list(body);
  const json::value name = list.first ? list.first.find("last_name") : json::value();
  return name ? std::string(name.raw()) : "null";
}

reply presentation_and_author(const std::string& title, const std::string& last_name) {
  reply made;
  json::writer out(made.body);
  out.begin_object().key("title").string(title).key("last_name").raw(last_name).end_object();
  return made;
}

int run_main_service(const std::string& program, int argc, char** argv,
                     const std::function<title_handler(const main_settings&)>& make) {
  main_settings with;
  service_program made;
  made.name = program;
  made.help = "A presentation and its author: GET /presentationsAndAuthor/{title}";
  made.kinds = {
      {.name = "main",
       .what = "a presentation and its author",
       .listen = "127.0.0.1:8083",
       .serve = [&](service& s,
                    storage*) { s.get_blocking("/presentationsAndAuthor/{title}", make(with)); },
       .options = [&with](CLI::App& app) { with.add_to(app); }}};
  return made.run(argc, argv);
}

}  // namespace weir::systems::presentations
