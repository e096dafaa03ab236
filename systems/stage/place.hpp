#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace weir::stage {

// The program `name`: beside ours, or where an installation puts it.
std::optional<std::filesystem::path> find_program(const std::string& name);

// Someone else's, on $PATH.
std::optional<std::filesystem::path> find_on_path(const std::string& name);

// A file of a system, such as "shop/shop.yaml": under share/weir/systems of the installation, or
// in the source tree when we run from a build directory inside it.
std::optional<std::filesystem::path> find_data(const std::string& name);

// A directory that is gone, with all in it, when this is.
class temporary_directory {
 public:
  explicit temporary_directory(const std::string& prefix);
  ~temporary_directory();
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;
  const std::filesystem::path& path() const noexcept { return path_; }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace weir::stage
