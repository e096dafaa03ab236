#include "commands/demo.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "exit_codes.hpp"

namespace weir::app {

int demo(const std::vector<std::string>& arguments) {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path beside = self.parent_path() / "weir-demo";
  const std::filesystem::path installed =
      self.parent_path().parent_path() / "libexec" / "weir" / "weir-demo";
  for (const auto& path : {beside, installed}) {
    if (::access(path.c_str(), X_OK) != 0) continue;
    std::string program = path;
    std::vector<std::string> words = arguments;
    std::vector<char*> argv{program.data()};
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    ::execv(path.c_str(), argv.data());
    std::cerr << "weir: cannot start " << path.string() << ": " << std::strerror(errno) << '\n';
    return exit_failure;
  }
  std::cerr << "weir: the demonstration systems are not here: neither " << beside.string()
            << " nor " << installed.string() << " exists\n";
  return exit_failure;
}

}  // namespace weir::app
