// The command: parses its words and calls one of commands/. Nothing is decided here.

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "commands/check.hpp"
#include "commands/demo.hpp"
#include "commands/eval.hpp"
#include "commands/explain.hpp"
#include "commands/health.hpp"
#include "commands/init.hpp"
#include "commands/serve.hpp"
#include "exit_codes.hpp"
#include "weir/gateway/config/suggest.hpp"

namespace {

using namespace weir::app;

constexpr const char* about =
    "weir: answers one request out of many services, and keeps answering when some of them fail";

constexpr const char* examples =
    "Examples:\n"
    "  weir demo                             see it: a shop whose services you can break\n"
    "  weir init > gateway.yaml              a file to begin with\n"
    "  weir check gateway.yaml               every problem, with its place\n"
    "  weir explain gateway.yaml 'GET /page' what runs when, and what it can cost\n"
    "  weir serve gateway.yaml --watch       run it; a changed file is taken over\n"
    "  weir health                           is the one that runs here ready?\n\n";

// Help that begins with examples: what CLI11 would print last comes first.
class examples_first final : public CLI::Formatter {
 public:
  std::string make_description(const CLI::App* app) const override {
    return app->get_footer() + CLI::Formatter::make_description(app);
  }
  std::string make_footer(const CLI::App*) const override { return {}; }
};

// False, and told, where the first word is a command that does not exist.
bool known(const CLI::App& app, const std::string& word) {
  if (word.starts_with('-')) return true;
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) {
    if (command->get_name() == word) return true;
    names.push_back(command->get_name());
  }
  std::cerr << "weir: there is no command `" << word << "`";
  const std::string near = weir::gateway::config::nearest(word, names);
  if (!near.empty()) std::cerr << "; did you mean `" << near << "`?";
  std::cerr << "\nRun with --help for what there is.\n";
  return false;
}

// An expression may begin with a minus: what stands behind `eval` and is no option of its is one.
void spare_minus(std::vector<std::string>& words) {
  if (words.size() < 2 || words[0] != "eval" || !words[1].starts_with('-')) return;
  if (words[1] == "--" || words[1] == "-h" || words[1] == "--help") return;
  words.insert(words.begin() + 1, "--");
}

// What the words of the command line say, and what came of it.
struct command_line {
  int code = exit_ok;
  serve_options serving;
  check_options checking;
  explain_command explaining;
  std::string expression;
  std::string starter;
  std::string admin = "127.0.0.1:9901";
};

void add_serve(CLI::App& app, command_line& w) {
  CLI::App* const serve_command = app.add_subcommand("serve", "run the gateway of a file");
  serve_command->footer(
      "Examples:\n"
      "  weir serve shop.yaml\n"
      "  weir serve shop.yaml --watch --access-log -\n"
      "\n");
  serve_command->add_option("FILE", w.serving.file, "the configuration")->required();
  serve_command->add_flag("--watch", w.serving.watch, "reload when the file changes");
  serve_command->add_option("--workers", w.serving.workers, "threads; default: as the file says")
      ->check(CLI::Range(1, 1024));
  serve_command->add_option("--log-level", w.serving.log_level, "debug, info, warn or error");
  serve_command->add_option("--log", w.serving.log, "where the log goes: stderr, - or a file");
  serve_command->add_flag("--log-json", w.serving.log_json, "the log as JSON lines");
  serve_command->add_option("--access-log", w.serving.access_log,
                            "a JSON line for each request to a file, or - for stdout");
  serve_command->callback([&w] { w.code = serve(w.serving); });
}

void add_check(CLI::App& app, command_line& w) {
  CLI::App* const check_command = app.add_subcommand("check", "tell all that is wrong with a file");
  check_command->footer(
      "Examples:\n"
      "  weir check shop.yaml\n"
      "  weir check shop.yaml --live\n"
      "  weir check --schema > weir.schema.json\n"
      "\n");
  check_command->add_option("FILE", w.checking.file, "the configuration");
  check_command->add_flag("--json", w.checking.json, "for programs to read");
  check_command->add_flag("--live", w.checking.live, "ask DNS, the ports and the services too");
  check_command->add_flag("--schema", w.checking.schema,
                          "print the JSON Schema of configurations instead");
  check_command->add_flag("--reference", w.checking.reference,
                          "print the reference of all keys instead");
  check_command->callback([&w] {
    if (w.checking.file.empty() && !w.checking.schema && !w.checking.reference) {
      throw CLI::RequiredError("FILE");
    }
    w.code = check(w.checking);
  });
}

void add_explain(CLI::App& app, command_line& w) {
  CLI::App* const explain_words =
      app.add_subcommand("explain", "what a route does: calls, times, the worst case");
  explain_words->footer(
      "Examples:\n"
      "  weir explain shop.yaml\n"
      "  weir explain shop.yaml 'GET /products/all'\n"
      "  weir explain shop.yaml /products/all --json\n"
      "\n");
  explain_words->add_option("FILE", w.explaining.file, "the configuration")->required();
  explain_words->add_option("ROUTE", w.explaining.route,
                            "'GET /products/all', or a path; without it: all routes");
  explain_words->add_flag("--json", w.explaining.json, "for programs to read");
  explain_words->callback([&w] { w.code = explain(w.explaining); });
}

void add_eval(CLI::App& app, command_line& w) {
  CLI::App* const eval_command =
      app.add_subcommand("eval", "the value of an expression over the JSON on stdin");
  eval_command->footer(
      "Examples:\n"
      "  curl -s localhost:8000/products | weir eval 'size(this)'\n"
      "  weir eval 'items.map(i, i.name)' < items.json\n"
      "\n");
  eval_command->add_option("EXPRESSION", w.expression, "for example 'size(items)'")->required();
  eval_command->callback([&w] { w.code = eval(w.expression); });
}

void add_init(CLI::App& app, command_line& w) {
  CLI::App* const init_command = app.add_subcommand("init", "a configuration to begin with");
  init_command->footer(
      "Examples:\n"
      "  weir init shop.yaml\n"
      "  weir init > shop.yaml\n"
      "\n");
  init_command->add_option("FILE", w.starter, "where to write it; default: stdout");
  init_command->callback([&w] { w.code = init(w.starter); });
}

void add_health(CLI::App& app, command_line& w) {
  CLI::App* const health_command = app.add_subcommand("health", "ask a running gateway");
  health_command->footer(
      "Examples:\n"
      "  weir health\n"
      "  weir health 127.0.0.1:9901\n"
      "\n");
  health_command->add_option("ADDRESS", w.admin, "its admin listener; default 127.0.0.1:9901");
  health_command->callback([&w] { w.code = health(w.admin); });
}

void add_demo(CLI::App& app, command_line& w) {
  CLI::App* const demo_command =
      app.add_subcommand("demo", "run a whole system and break it (default: shop)");
  demo_command->set_help_flag();  // weir-demo knows the systems and their options
  demo_command->prefix_command();
  demo_command->callback([&w, demo_command] { w.code = demo(demo_command->remaining()); });
}

int run(int argc, char** argv) {
  CLI::App app(about);
  app.formatter(std::make_shared<examples_first>());
  app.footer(examples);
  app.name("weir");
  app.require_subcommand(1);
  app.set_version_flag("--version", "weir " WEIR_VERSION);
  command_line w;
  add_serve(app, w);
  add_check(app, w);
  add_explain(app, w);
  add_eval(app, w);
  add_init(app, w);
  add_health(app, w);
  add_demo(app, w);

  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (words.empty()) {
    std::cerr
        << "weir: say what to do; `weir init` writes a configuration to begin with, `weir demo` "
           "shows one at work\nRun with --help for what there is.\n";
    return exit_usage;
  }
  if (!known(app, words.front())) return exit_usage;
  spare_minus(words);
  try {
    // CLI11 takes its words from the back.
    std::reverse(words.begin(), words.end());
    app.parse(std::move(words));
  } catch (const CLI::ParseError& e) {
    // Help and version leave with 0; all else is a wrong command line.
    return app.exit(e) == 0 ? exit_ok : exit_usage;
  }
  return w.code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "weir: " << e.what() << '\n';
    return weir::app::exit_failure;
  }
}
