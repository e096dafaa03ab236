#include "systems/stage/child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

namespace weir::stage {

namespace {

constexpr auto patience = std::chrono::seconds(3);
constexpr std::size_t longest_line = 64 * 1024;

std::string failed_to(const std::string& what) {
  return what + ": " + ::strerror(errno);
}

}  // namespace

std::string describe_end(int wait_status) {
  if (WIFEXITED(wait_status)) return "exit " + std::to_string(WEXITSTATUS(wait_status));
  const int number = WTERMSIG(wait_status);
  return "signal " + std::to_string(number) + " (" + ::strsignal(number) + ")";
}

bool child::watched::open(int descriptor) {
  fd = descriptor;
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  return loop.watch(fd, *this);
}

void child::watched::close() {
  if (fd < 0) return;
  loop.forget(fd, *this);
  ::close(std::exchange(fd, -1));
}

child::child(io::loop& on, options with)
    : loop_(on),
      options_(std::move(with)),
      output_(on, [this] { read_output(); }),
      end_(on, [this] { ended(); }),
      kill_(on, delegate<void()>::to<&child::kill_now>(*this)) {
  if (!options_.log_file.empty()) log_.open(options_.log_file, std::ios::app);
}

child::~child() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::optional<std::string> child::start() {
  if (running()) return {};
  if (!options_.log_file.empty() && !log_.is_open()) return "cannot write " + options_.log_file;
  const std::string& program = options_.command.front();
  if (::access(program.c_str(), X_OK) != 0) return failed_to("cannot run " + program);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return failed_to("pipe");
  const pid_t parent = ::getpid();
  const pid_t made = ::fork();
  if (made == 0) become(ends[1], parent);
  ::close(ends[1]);
  if (made < 0) {
    ::close(ends[0]);
    return failed_to("fork");
  }
  pid_ = made;
  ::setpgid(pid_, pid_);  // in both, so that neither is too late
  // Not pidfd_open(): glibc 2.36 declares it without C linkage.
  const int end = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (!output_.open(ends[0]) || end < 0 || !end_.open(end)) return failed_to("watching " + program);
  return {};
}

void child::become(int output, pid_t parent) const {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // died before the line above took effect
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (nothing < 0) ::_exit(127);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  for (const std::string& e : options_.environment) ::putenv(const_cast<char*>(e.c_str()));
  std::vector<char*> arguments;
  arguments.reserve(options_.command.size() + 1);
  for (const std::string& a : options_.command) arguments.push_back(const_cast<char*>(a.c_str()));
  arguments.push_back(nullptr);
  ::execv(arguments.front(), arguments.data());
  ::_exit(127);
}

void child::read_output() {
  char bytes[16 * 1024];
  for (;;) {
    const ssize_t n = ::read(output_.fd, bytes, sizeof bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return;
    if (n == 0) return output_.close();
    partial_.append(bytes, static_cast<std::size_t>(n));
    std::size_t from = 0;
    for (std::size_t at; (at = partial_.find('\n', from)) != std::string::npos; from = at + 1) {
      take_line(std::string_view(partial_).substr(from, at - from));
    }
    partial_.erase(0, from);
    if (partial_.size() > longest_line) partial_.clear();
  }
}

void child::take_line(std::string_view line) {
  last_line_ = line;
  if (log_) log_ << line << '\n' << std::flush;
  if (options_.on_line) options_.on_line(line);
}

void child::stop() {
  if (!running() || stopping()) return;
  ::kill(pid_, SIGTERM);
  kill_.arm(loop_.now() + patience);
}

void child::kill_now() {
  if (running()) ::kill(pid_, SIGKILL);
}

void child::ended() {
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return;
  const bool asked = stopping();
  kill_.disarm();
  read_output();  // its last words
  output_.close();
  end_.close();
  pid_ = -1;
  if (options_.on_end) options_.on_end(status, asked);
}

}  // namespace weir::stage
