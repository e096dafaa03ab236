#include "weir/telemetry/log_output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <string>
#include <utility>

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>

#include "weir/json/writer.hpp"

namespace weir::telemetry {
namespace {

int open_file(const std::string& path) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

// A descriptor that may refuse: spdlog's own file sink buffers and then throws for each line, which
// loses the lines around the fault and shows each of them. This one writes whole lines and says
// once a minute that it could not.
class descriptor_sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  descriptor_sink(int fd, bool owned, std::string name)
      : fd_(fd), owned_(owned), name_(std::move(name)) {}
  ~descriptor_sink() override {
    if (owned_) ::close(fd_);
  }

  // Any thread. The lines of the queue go to whichever file is open when their turn comes.
  result<void, std::string> reopen() {
    if (!owned_) return {};
    const int next = open_file(name_);
    if (next < 0) return failure("cannot open the log file " + name_ + ": " + std::strerror(errno));
    const std::lock_guard lock(mutex_);
    ::close(std::exchange(fd_, next));
    return {};
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    buffer_.assign(message.payload.data(), message.payload.size());
    buffer_.push_back('\n');
    std::size_t sent = 0;
    while (sent < buffer_.size()) {
      const auto n = ::write(fd_, buffer_.data() + sent, buffer_.size() - sent);
      if (n >= 0) {
        sent += static_cast<std::size_t>(n);
      } else if (errno != EINTR) {
        complain(errno, message.time);
        return;
      }
    }
  }
  void flush_() override {}

 private:
  void complain(int error, spdlog::log_clock::time_point at) {
    ++lost_;
    if (at < quiet_until_) return;
    quiet_until_ = at + std::chrono::minutes(1);
    const std::string text = "weir: cannot write log lines to " + name_ + ": " +
                             std::strerror(error) + " (" + std::to_string(lost_) +
                             " lost so far); requests go on\n";
    if (fd_ != STDERR_FILENO) {
      [[maybe_unused]] const auto n = ::write(STDERR_FILENO, text.data(), text.size());
    }
  }

  int fd_;
  bool owned_;
  std::string name_;
  std::string buffer_;
  std::uint64_t lost_ = 0;
  spdlog::log_clock::time_point quiet_until_{};
};

}  // namespace

struct line_output::impl {
  // Declared first: the logger's destructor needs its pool.
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<descriptor_sink> sink;
  std::shared_ptr<spdlog::async_logger> logger;
};

line_output::line_output(std::unique_ptr<impl> made) : impl_(std::move(made)) {}
line_output::~line_output() = default;

result<std::unique_ptr<line_output>, std::string> line_output::open(const std::string& where) {
  int fd = -1;
  bool owned = false;
  if (where == "-") {
    fd = STDOUT_FILENO;
  } else if (where == "stderr") {
    fd = STDERR_FILENO;
  } else {
    fd = open_file(where);
    owned = true;
    if (fd < 0) {
      return failure("cannot open the log file " + where + ": " + std::strerror(errno));
    }
  }
  constexpr std::size_t queue_lines = 2048;
  auto made = std::make_unique<impl>();
  made->pool = std::make_shared<spdlog::details::thread_pool>(queue_lines, 1);
  made->sink = std::make_shared<descriptor_sink>(fd, owned, where);
  made->logger = std::make_shared<spdlog::async_logger>(
      "weir", made->sink, made->pool, spdlog::async_overflow_policy::overrun_oldest);
  made->logger->set_level(spdlog::level::trace);
  return std::unique_ptr<line_output>(new line_output(std::move(made)));
}

void line_output::write(std::string_view line) {
  impl_->logger->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

void line_output::flush() {
  impl_->logger->flush();
}

result<void, std::string> line_output::reopen() {
  return impl_->sink->reopen();
}

log_output::log_output(std::unique_ptr<line_output> to, log_format format)
    : to_(std::move(to)), format_(format) {
  log::set_sink(this);
}

log_output::~log_output() {
  log::set_sink(nullptr);
}

void log_output::write(const log::record& r) noexcept {
  try {
    if (format_ == log_format::text) {
      to_->write(log::format_line(r));
      return;
    }
    std::string line;
    json::writer out(line);
    const auto ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(r.at.time_since_epoch()).count();
    out.begin_object();
    out.key("time_ms").integer(ms);
    out.key("level").string(log::to_string(r.severity));
    out.key("message").string(r.message);
    for (const log::field& f : r.fields) {
      out.key(f.key);
      if (const auto* s = std::get_if<std::string_view>(&f.val)) out.string(*s);
      if (const auto* i = std::get_if<std::int64_t>(&f.val)) out.integer(*i);
      if (const auto* u = std::get_if<std::uint64_t>(&f.val)) out.unsigned_integer(*u);
      if (const auto* d = std::get_if<double>(&f.val)) out.number(*d);
      if (const auto* b = std::get_if<bool>(&f.val)) out.boolean(*b);
    }
    out.end_object();
    to_->write(line);
  } catch (...) {
    // A line that cannot be made is a line lost; a request must not fail for it.
    return;
  }
}

}  // namespace weir::telemetry
