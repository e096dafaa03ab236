#include "systems/common/dsn.hpp"

#include <libpq-fe.h>

#include <string_view>

namespace weir::systems {

namespace {

bool starts_with_any(std::string_view text, std::string_view a, std::string_view b) {
  return text.starts_with(a) || text.starts_with(b);
}

// `password=…` among the parameters of a URI.
void hide_parameter(std::string& text) {
  constexpr std::string_view name = "password=";
  for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at)) {
    const std::size_t from = at + name.size();
    const std::size_t to = text.find('&', from);
    text.replace(from, to == std::string::npos ? std::string::npos : to - from, "***");
    at = from;
  }
}

// What libpq finds wrong with a URI; empty if nothing.
std::string fault_of_uri(const std::string& uri) {
  char* message = nullptr;
  PQconninfoOption* parsed = PQconninfoParse(uri.c_str(), &message);
  PQconninfoFree(parsed);
  std::string fault = message != nullptr ? message : "";
  PQfreemem(message);
  // The sentence may quote the URI or a part of it, and with it the password.
  if (printable_dsn(uri) != uri) fault = fault.substr(0, fault.find_first_of("\":\n"));
  while (!fault.empty() && fault.back() == '\n') fault.pop_back();
  return fault;
}

}  // namespace

result<dsn, std::string> parse_dsn(const std::string& text) {
  constexpr std::string_view sqlite = "sqlite:";
  if (text.starts_with(sqlite)) {
    std::string path = text.substr(sqlite.size());
    if (path.empty()) return failure("the DSN sqlite: names no file; write sqlite:PATH");
    if (path.front() == ':') {
      return failure(printable_dsn(text) + " names no file: each worker needs the same one");
    }
    return dsn{dsn::kind::sqlite, std::move(path)};
  }
  if (starts_with_any(text, "postgresql://", "postgres://")) {
    if (std::string fault = fault_of_uri(text); !fault.empty()) {
      return failure("the DSN '" + printable_dsn(text) + "' cannot be read: " + fault);
    }
    return dsn{dsn::kind::postgresql, text};
  }
  return failure("cannot tell the kind of database from the DSN '" + printable_dsn(text) +
                 "'; write sqlite:PATH or postgresql://USER@HOST/DATABASE");
}

std::string printable_dsn(const std::string& text) {
  std::string shown = text;
  const std::size_t authority = shown.find("://");
  if (authority != std::string::npos) {
    const std::size_t from = authority + 3;
    const std::size_t end = shown.find_first_of("/?", from);
    const std::size_t at = shown.rfind('@', end);
    if (at != std::string::npos && at > from) {
      const std::size_t colon = shown.find(':', from);
      if (colon != std::string::npos && colon < at) shown.replace(colon + 1, at - colon - 1, "***");
    }
  }
  hide_parameter(shown);
  return shown;
}

}  // namespace weir::systems
