#include "weir/gateway/config/yaml.hpp"

#include <libfyaml.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "weir/json/utf8.hpp"
#include "yaml_tree.hpp"

namespace weir::gateway::config {
namespace {

// Each reading mends at least one expression; a file with more broken ones has been told enough.
constexpr int most_readings = 40;

struct diag_deleter {
  void operator()(fy_diag* d) const noexcept { fy_diag_destroy(d); }
};
struct parser_deleter {
  void operator()(fy_parser* p) const noexcept { fy_parser_destroy(p); }
};

std::string hint_for(std::string_view message) {
  if (message.find("tab character") != std::string_view::npos) return "; indent with spaces";
  if (message.find("nested block mapping on the same line") != std::string_view::npos ||
      message.find("mapping values") != std::string_view::npos) {
    return "; quote a value that holds `: `";
  }
  if (message.find("indentation in mapping") != std::string_view::npos) {
    return "; keys of one mapping begin in the same column";
  }
  return "; look at the line and the one before it";
}

void report_syntax(const source& in, fy_diag* diag, problems& found) {
  void* position = nullptr;
  bool any = false;
  while (const fy_diag_error* e = fy_diag_errors_iterate(diag, &position)) {
    if (e->type != FYET_ERROR || e->msg == nullptr) continue;
    const std::string message = e->msg;
    const std::size_t at = in.offset_of(static_cast<std::uint32_t>(std::max(e->line, 1)),
                                        static_cast<std::uint32_t>(std::max(e->column, 1)));
    found.error({static_cast<std::uint32_t>(at), 1},
                "this is not YAML: " + message + hint_for(message));
    any = true;
    break;  // what follows the first is its echo
  }
  if (!any) found.error({}, "this is not YAML; look at the file's first line");
}

// What no YAML text may hold (YAML 1.2.2, 5.1). libfyaml's words for such bytes do not say where,
// and some ill-formed sequences hold 0.7.12 in a loop for ever, so it never sees them.
bool check_bytes(const source& in, problems& found) {
  const std::string_view text = in.text();
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const std::size_t length = json::utf8_sequence(text.substr(i));
    if (length == 0) {
      found.error({static_cast<std::uint32_t>(i), 1},
                  "this byte is not UTF-8; save the file as UTF-8");
      return false;
    }
    if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f) {
      found.error({static_cast<std::uint32_t>(i), 1},
                  "a control character has no place in a configuration; take it out");
      return false;
    }
    i += length;
  }
  return true;
}

struct reading {
  node root;
  bool sound = false;
  bool again = false;
};

reading read_once(const source& in, yaml_repair& repair, problems& found,
                  std::vector<problem>& broken) {
  fy_diag_cfg diag_options;
  fy_diag_cfg_default(&diag_options);
  diag_options.fp = nullptr;
  std::unique_ptr<fy_diag, diag_deleter> diag(fy_diag_create(&diag_options));
  if (!diag) throw std::bad_alloc();
  fy_diag_set_collect_errors(diag.get(), true);
  fy_parse_cfg options{};
  options.search_path = "";
  // The library's flags are an enumeration of C, or'ed together: their sum is none of its names.
  options.flags =
      static_cast<fy_parse_cfg_flags>(  // NOLINT(clang-analyzer-optin.core.EnumCastOutOfRange)
          FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE |
          FYPCF_DISABLE_MMAP_OPT);
  options.diag = diag.get();
  std::unique_ptr<fy_parser, parser_deleter> parser(fy_parser_create(&options));
  if (!parser) throw std::bad_alloc();
  // The parser reads from a copy: the repair changes its text while scalars are examined.
  const std::string text = repair.text();
  fy_parser_set_string(parser.get(), text.data(), text.size());

  tree_builder builder(in, repair, found);
  bool on = true;
  while (on) {
    fy_event* e = fy_parser_parse(parser.get());
    if (e == nullptr) break;
    on = builder.on_event(*e);
    fy_parser_event_free(parser.get(), e);
  }
  reading r;
  r.again = builder.repaired;
  broken.insert(broken.end(), builder.broken.begin(), builder.broken.end());
  if (builder.repaired) return r;
  if (on && fy_parser_get_stream_error(parser.get())) {
    report_syntax(in, diag.get(), found);
    return r;
  }
  r.sound = !builder.too_deep;
  r.root = std::move(builder.root);
  return r;
}

}  // namespace

bool parse_yaml(const source& in, node& into, problems& found) {
  if (!check_bytes(in, found)) return false;
  yaml_repair repair(in.text());
  std::vector<problem> broken;
  bool sound = false;
  for (int i = 0; i < most_readings; ++i) {
    problems of_this_reading;  // each reading meets the same problems again
    reading r = read_once(in, repair, of_this_reading, broken);
    if (r.again && i + 1 < most_readings) continue;
    for (const problem& p : of_this_reading.all()) found.add(p);
    sound = r.sound;
    into = std::move(r.root);
    break;
  }
  for (problem& p : broken) found.add(std::move(p));
  return sound;
}

}  // namespace weir::gateway::config
