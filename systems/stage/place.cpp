#include "systems/stage/place.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace weir::stage {

namespace fs = std::filesystem;

namespace {

fs::path our_directory() {
  std::error_code none;
  return fs::read_symlink("/proc/self/exe", none).parent_path();
}

}  // namespace

std::optional<fs::path> find_program(const std::string& name) {
  const fs::path here = our_directory();
  // Installed, weir is in bin/ and the systems' programs are in libexec/weir/.
  for (const fs::path& at :
       {here / name, here / "../../bin" / name, here / "../libexec/weir" / name}) {
    std::error_code none;
    if (fs::is_regular_file(at, none)) return at.lexically_normal();
  }
  return {};
}

std::optional<fs::path> find_on_path(const std::string& name) {
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    fs::path at = fs::path(folder) / name;
    std::error_code none;
    if (fs::is_regular_file(at, none) && ::access(at.c_str(), X_OK) == 0) return at;
  }
  return {};
}

std::optional<fs::path> find_data(const std::string& name) {
  const fs::path here = our_directory();
  std::error_code none;
  for (const fs::path& share : {here / "../../share", here / "../share"}) {
    fs::path at = share / "weir/systems" / name;
    if (fs::is_regular_file(at, none)) return at.lexically_normal();
  }
  for (fs::path up = here; up.has_relative_path(); up = up.parent_path()) {
    fs::path at = up / "systems" / name;
    if (fs::is_regular_file(at, none)) return at;
  }
  return {};
}

temporary_directory::temporary_directory(const std::string& prefix) {
  std::error_code wrong;
  const fs::path under = fs::temp_directory_path(wrong);
  std::string pattern = (under / (prefix + ".XXXXXX")).string();
  if (!wrong && ::mkdtemp(pattern.data()) == nullptr) wrong.assign(errno, std::generic_category());
  if (wrong) {
    const char* const named = std::getenv("TMPDIR");
    throw std::runtime_error(
        "cannot make a directory for its files in " +
        (named != nullptr ? named + std::string(" ($TMPDIR)") : under.string()) + ": " +
        wrong.message());
  }
  path_ = pattern;
}

temporary_directory::~temporary_directory() {
  std::error_code none;
  fs::remove_all(path_, none);
}

}  // namespace weir::stage
