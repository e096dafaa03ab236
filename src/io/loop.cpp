#include "weir/io/loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <limits>
#include <mutex>
#include <optional>
#include <span>
#include <system_error>
#include <vector>

#include "weir/base/prefetch.hpp"
#include "weir/io/buffer_pool.hpp"

namespace weir::io {
namespace {

thread_local loop* running = nullptr;

class running_here {
 public:
  explicit running_here(loop& l) noexcept : before_(running) { running = &l; }
  ~running_here() { running = before_; }
  running_here(const running_here&) = delete;
  running_here& operator=(const running_here&) = delete;

 private:
  loop* before_;
};

int checked(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return fd;
}

class descriptor {
 public:
  descriptor(int fd, const char* what) : fd_(checked(fd, what)) {}
  ~descriptor() { ::close(fd_); }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

constexpr int events_in_a_batch = 256;

// So many events ahead of its own a handler is fetched, and then asked to foresee. Between two
// events a system call is made as a rule, so a distance of two is some microseconds.
constexpr std::size_t fetched_ahead = 8;
constexpr std::array<std::size_t, 3> foreseen_ahead{6, 4, 2};

constexpr std::uint64_t wake_mark = std::numeric_limits<std::uint64_t>::max();

}  // namespace

struct loop::impl {
  // A descriptor number may be closed and given out again within one batch; the generation tells
  // an event fetched for the old one from the new one's.
  struct watched {
    fd_handler* handler = nullptr;
    std::uint32_t generation = 0;
  };

  descriptor epoll{epoll_create1(EPOLL_CLOEXEC), "epoll_create1"};
  descriptor wake{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd"};
  std::vector<watched> table;  // by descriptor
  buffer_pool buffers;
  mutable std::optional<std::int64_t> unix_now;

  std::atomic<bool> stopping{false};
  std::atomic<bool> posted_any{false};
  std::mutex posted_mutex;
  std::vector<std::function<void()>> posted;

  impl() {
    // Edge-triggered, the counter is never read: each write is an edge of its own.
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.u64 = wake_mark;
    checked(epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake.get(), &event), "epoll_ctl");
  }

  void wake_up() noexcept {
    const std::uint64_t one = 1;
    // Fails only when the counter is full, and then an edge is on its way already.
    [[maybe_unused]] const auto written = ::write(wake.get(), &one, sizeof one);
  }

  void dispatch(const epoll_event& event) {
    if (event.data.u64 == wake_mark) return;
    const auto fd = static_cast<std::size_t>(event.data.u64 & 0xffffffffU);
    const watched& entry = table[fd];
    if (!entry.handler || entry.generation != event.data.u64 >> 32) return;
    const bool broken = (event.events & (EPOLLHUP | EPOLLERR)) != 0;
    entry.handler->on_ready({.readable = (event.events & EPOLLIN) != 0,
                             .writable = (event.events & EPOLLOUT) != 0 || broken,
                             .peer_closed = (event.events & EPOLLRDHUP) != 0 || broken});
  }

  const fd_handler* handler_of(std::span<const epoll_event> events, std::size_t i) const noexcept {
    if (i >= events.size() || events[i].data.u64 == wake_mark) return nullptr;
    return table[events[i].data.u64 & 0xffffffffU].handler;
  }

  void look_ahead(std::span<const epoll_event> events, std::size_t at) const noexcept {
    constexpr std::size_t beginning = 128;  // of a handler: all of a plain stream
    if (const fd_handler* const far = handler_of(events, at + fetched_ahead))
      prefetch({reinterpret_cast<const std::byte*>(far), beginning});
    for (unsigned step = 0; step < foreseen_ahead.size(); ++step) {
      if (const fd_handler* const next = handler_of(events, at + foreseen_ahead[step]))
        next->foresee(step);
    }
  }

  void run_posted() {
    if (!posted_any.load(std::memory_order_acquire)) return;
    std::vector<std::function<void()>> work;
    {
      const std::lock_guard lock(posted_mutex);
      work.swap(posted);
      posted_any.store(false, std::memory_order_relaxed);
    }
    for (auto& job : work) job();
  }
};

loop::loop() : now_(weir::now()), wheel_(now_), impl_(std::make_unique<impl>()) {}
loop::~loop() = default;

loop* loop::current() noexcept {
  return running;
}

buffer_pool& loop::buffers() noexcept {
  return impl_->buffers;
}

void loop::run() {
  const running_here here(*this);
  while (batch(duration::max())) {
  }
}

bool loop::run_once(duration longest_wait) {
  const running_here here(*this);
  return batch(longest_wait);
}

void loop::stop() {
  impl_->stopping.store(true, std::memory_order_release);
  impl_->wake_up();
}

void loop::post(std::function<void()> work) {
  bool first = false;
  {
    const std::lock_guard lock(impl_->posted_mutex);
    impl_->posted.push_back(std::move(work));
    first = !impl_->posted_any.exchange(true, std::memory_order_release);
  }
  // Posted from the loop's own batch it is run before the loop sleeps again.
  if (first && running != this) impl_->wake_up();
}

std::int64_t loop::unix_seconds() const noexcept {
  if (!impl_->unix_now)
    impl_->unix_now =
        std::chrono::duration_cast<std::chrono::seconds>(wall_now().time_since_epoch()).count();
  return *impl_->unix_now;
}

bool loop::watch(int fd, fd_handler& handler) {
  const auto at = static_cast<std::size_t>(fd);
  if (at >= impl_->table.size()) impl_->table.resize(std::max<std::size_t>(64, at * 2));
  impl::watched& entry = impl_->table[at];
  ++entry.generation;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = (std::uint64_t{entry.generation} << 32) | static_cast<std::uint32_t>(fd);
  if (epoll_ctl(impl_->epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0 &&
      // Forgotten without being closed, and now watched again.
      (errno != EEXIST || epoll_ctl(impl_->epoll.get(), EPOLL_CTL_MOD, fd, &event) != 0))
    return false;
  entry.handler = &handler;
  return true;
}

// Closing takes the descriptor out of the kernel's set; until then its events find no handler.
void loop::forget(int fd, fd_handler& handler) noexcept {
  const auto at = static_cast<std::size_t>(fd);
  if (at < impl_->table.size() && impl_->table[at].handler == &handler)
    impl_->table[at].handler = nullptr;
}

int loop::wait_milliseconds(duration longest_wait) noexcept {
  if (!deferred_.empty() || impl_->posted_any.load(std::memory_order_relaxed)) return 0;
  const time_point wake = std::min(wheel_.next_expiry(), saturating_add(now_, longest_wait));
  if (wake == time_point::max()) return -1;
  if (wake <= now_) return 0;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(wake - now_).count();
  return static_cast<int>(std::min<std::int64_t>(left, std::numeric_limits<int>::max()));
}

bool loop::batch(duration longest_wait) {
  if (impl_->stopping.load(std::memory_order_acquire)) return false;
  std::array<epoll_event, events_in_a_batch> events;
  const int n = epoll_wait(impl_->epoll.get(), events.data(), events_in_a_batch,
                           wait_milliseconds(longest_wait));
  now_ = weir::now();
  impl_->unix_now.reset();
  const std::span told(events.data(), static_cast<std::size_t>(std::max(n, 0)));
  for (std::size_t i = 0; i < told.size(); ++i) {
    impl_->look_ahead(told, i);
    impl_->dispatch(told[i]);
  }
  wheel_.advance(now_);
  impl_->run_posted();
  intrusive_list<deferred> turn;
  turn.splice_back(deferred_);
  while (deferred* d = turn.pop_front()) d->run_();
  return !impl_->stopping.load(std::memory_order_acquire);
}

}  // namespace weir::io
