// weir-presentations: the two services behind the presentations' page, one for each subcommand.
#include "systems/common/program.hpp"
#include "systems/presentations/schema.hpp"
#include "systems/presentations/services.hpp"

int main(int argc, char** argv) {
  using namespace weir::systems;
  service_program program;
  program.name = "weir-presentations";
  program.help =
      "Examples:\n"
      "  weir-presentations authors --dsn sqlite:authors.db\n"
      "  weir-presentations presentations --listen 127.0.0.1:8082 --access-log\n\n"
      "Who wrote a presentation, and which presentations there are.";
  program.kinds = {
      {.name = "authors",
       .what = "who wrote a presentation",
       .listen = "127.0.0.1:8081",
       .schema = presentations::authors_schema,
       .serve = [](service& s, storage* db) { presentations::serve_authors(s, *db); }},
      {.name = "presentations",
       .what = "which presentations there are",
       .listen = "127.0.0.1:8082",
       .schema = presentations::presentations_schema,
       .serve = [](service& s, storage* db) { presentations::serve_presentations(s, *db); }},
  };
  return program.run(argc, argv);
}
