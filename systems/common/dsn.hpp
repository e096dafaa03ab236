#pragma once

#include <string>

#include "weir/base/result.hpp"

namespace weir::systems {

struct dsn {
  enum class kind { sqlite, postgresql };
  kind scheme = kind::sqlite;
  std::string target;  // a path, or the whole URI as libpq takes it
};

// The error is a sentence without the DSN's password.
result<dsn, std::string> parse_dsn(const std::string& text);

// The DSN fit to be printed: a password in it is replaced by ***.
std::string printable_dsn(const std::string& text);

}  // namespace weir::systems
