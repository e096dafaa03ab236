#include <algorithm>
#include <set>

#include "schema_writer.hpp"
#include "tables.hpp"
#include "weir/gateway/config/schema.hpp"

namespace weir::gateway::config {
namespace {

std::string title(std::string_view name) {
  std::string out(name);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z')
    out[0] = static_cast<char>(out[0] - 'a' + 'A');
  std::replace(out.begin(), out.end(), '_', ' ');
  return out;
}

// A cell of a Markdown table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

void write_table(std::string& out, const any_table& t, std::string_view shorthand_key) {
  out += "### " + title(t.name()) + "\n\n" + std::string(t.about()) + "\n\n";
  if (!shorthand_key.empty()) {
    out += "Short form: the value of `" + std::string(shorthand_key) + "` alone.\n\n";
  }
  out += "| key | value | default | meaning |\n| --- | --- | --- | --- |\n";
  std::string later;
  for (const key_info& k : t.keys()) {
    if (!k.elsewhere.empty()) continue;
    if (k.type == nullptr) {
      later += (later.empty() ? "`" : ", `") + std::string(k.name) + "`";
      continue;
    }
    const std::string by_default = k.required             ? "**required**"
                                   : k.by_default.empty() ? ""
                                                          : cell(k.by_default);
    out += "| `" + std::string(k.name) + "` | " + cell(k.type->word()) + " | " + by_default +
           " | " + cell(k.about) + " |\n";
  }
  if (!later.empty()) out += "\nKnown, but not in this version: " + later + ".\n";
  out += "\n";
}

}  // namespace

std::string reference() {
  // The schema meets every table once, in the order in which they are referred to.
  std::string unused;
  schema_writer met(unused);
  document_table().schema(met);
  std::string out;
  for (std::size_t i = 0; i < met.tables().size(); ++i) {
    const auto [t, shorthand_key] = met.tables()[i];
    for (const key_info& k : t->keys()) {
      if (k.type != nullptr) k.type->schema(met);
    }
    write_table(out, *t, shorthand_key);
  }
  return out;
}

}  // namespace weir::gateway::config
