#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace weir::test {

// A new folder that no other test has, also where several processes run tests at once; it goes away
// with the object, and what is in it.
class own_folder {
 public:
  own_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "weir-test-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~own_folder() { std::filesystem::remove_all(path_); }
  own_folder(const own_folder&) = delete;
  own_folder& operator=(const own_folder&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace weir::test
