#include "file_watch.hpp"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <utility>

namespace weir::app {
namespace {

constexpr duration quiet_time = std::chrono::milliseconds(100);

}  // namespace

file_watch::file_watch(io::loop& on, const std::string& file, std::string seen,
                       std::function<void()> changed)
    : loop_(on),
      file_(std::filesystem::absolute(file)),
      changed_(std::move(changed)),
      last_(std::move(seen)),
      quiet_(on, delegate<void()>::to<&file_watch::on_quiet>(*this)),
      fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  const std::string folder = std::filesystem::path(file_).parent_path();
  constexpr std::uint32_t events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_ATTRIB;
  if (fd_ < 0 || ::inotify_add_watch(fd_, folder.c_str(), events) < 0 || !loop_.watch(fd_, *this)) {
    throw std::system_error(errno, std::generic_category(), "cannot watch " + folder);
  }
  quiet_.arm(loop_.now() + quiet_time);  // it may have changed before it was watched
}

file_watch::~file_watch() {
  loop_.forget(fd_, *this);
  ::close(fd_);
}

void file_watch::on_ready(readiness) {
  alignas(inotify_event) char events[4096];
  while (::read(fd_, events, sizeof events) > 0) quiet_.arm(loop_.now() + quiet_time);
}

void file_watch::on_quiet() {
  const std::string now = stamp(file_);
  // Other files of the folder, or a file that is just being replaced.
  if (now == last_ || now.empty()) return;
  last_ = now;
  changed_();
}

std::string file_watch::stamp(const std::string& file) {
  struct ::stat s{};
  if (::stat(file.c_str(), &s) != 0) return {};
  return std::to_string(s.st_ino) + ' ' + std::to_string(s.st_size) + ' ' +
         std::to_string(s.st_mtim.tv_sec) + '.' + std::to_string(s.st_mtim.tv_nsec);
}

}  // namespace weir::app
