#include "load/runner.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace bench {
namespace {

// A server that answers within this after the end is slow; one that does not is broken.
constexpr std::chrono::seconds patience{30};
constexpr std::uint64_t timer_mark = ~std::uint64_t{0};

}  // namespace

runner::runner(const load_options& options)
    : options_(options),
      request_("GET " + options.path +
               " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(options.port) + "\r\n\r\n"),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
      connections_(options.connections) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = timer_mark;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, timer_.get(), &event);
}

bool runner::connect() {
  for (std::size_t at = 0; at < connections_.size(); ++at) {
    if (!open(at)) return false;
    idle_.push_back(at);
  }
  return true;
}

bool runner::open(std::size_t at) {
  connection& peer = connections_[at];
  peer.reader.clear();
  peer.socket = descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(options_.port);
  if (::connect(peer.socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address)) {
    return false;
  }
  ::fcntl(peer.socket.get(), F_SETFL, O_NONBLOCK);
  set_option(peer.socket.get(), IPPROTO_TCP, TCP_NODELAY);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = at;
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, peer.socket.get(), &event) == 0;
}

outcome runner::run(double seconds, double rate, std::size_t burst) {
  result_ = outcome{};
  waiting_.clear();
  bursts_sent_ = 0;
  burst_ = burst;
  begin_ = clock::now();
  last_answer_ = begin_;
  end_ =
      begin_ + std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(seconds));
  interval_ = rate > 0 ? std::chrono::duration_cast<clock::duration>(
                             std::chrono::duration<double>(double(burst) / rate))
                       : clock::duration::zero();
  if (rate > 0) {
    arm_timer();
    start_due(begin_);
  } else {
    start_closed(begin_);
  }
  std::array<epoll_event, 256> events;
  while (waits_for_more(clock::now())) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), 100);
    for (int i = 0; i < count; ++i) {
      const std::uint64_t mark = events[static_cast<std::size_t>(i)].data.u64;
      if (mark != timer_mark) {
        on_readable(static_cast<std::size_t>(mark));
        continue;
      }
      std::uint64_t expirations = 0;
      if (::read(timer_.get(), &expirations, sizeof expirations) > 0) start_due(clock::now());
    }
  }
  const itimerspec off{};
  ::timerfd_settime(timer_.get(), 0, &off, nullptr);
  result_.unanswered = in_flight_ + waiting_.size();
  result_.seconds = std::chrono::duration<double>(last_answer_ - begin_).count();
  return result_;
}

bool runner::waits_for_more(instant now) const {
  if (now >= end_ + patience) return false;
  const bool more_to_send = interval_ > clock::duration::zero() && now < end_;
  return more_to_send || in_flight_ > 0 || !waiting_.empty();
}

void runner::arm_timer() {
  const auto nanoseconds = std::chrono::nanoseconds(interval_).count();
  itimerspec every{};
  every.it_interval.tv_sec = nanoseconds / 1'000'000'000;
  every.it_interval.tv_nsec = nanoseconds % 1'000'000'000;
  every.it_value = every.it_interval;
  ::timerfd_settime(timer_.get(), 0, &every, nullptr);
}

void runner::start_closed(instant now) {
  while (!idle_.empty()) {
    const std::size_t at = idle_.back();
    idle_.pop_back();
    send(at, now);
  }
}

// The schedule is kept by the clock and not by the timer's count: a late wake-up sends what is due,
// each request bearing the time at which it should have gone.
void runner::start_due(instant now) {
  for (;;) {
    const instant due = begin_ + interval_ * static_cast<clock::rep>(bursts_sent_);
    if (due > now || due >= end_) break;
    waiting_.insert(waiting_.end(), burst_, due);
    ++bursts_sent_;
  }
  dispatch();
}

void runner::dispatch() {
  while (!waiting_.empty() && !idle_.empty()) {
    const std::size_t at = idle_.back();
    idle_.pop_back();
    const instant due = waiting_.front();
    waiting_.pop_front();
    send(at, due);
  }
  result_.backlog = std::max(result_.backlog, waiting_.size());
}

void runner::send(std::size_t at, instant due) {
  connection& peer = connections_[at];
  peer.due = due;
  peer.busy = true;
  ++in_flight_;
  const ssize_t put = ::send(peer.socket.get(), request_.data(), request_.size(), MSG_NOSIGNAL);
  if (put != static_cast<ssize_t>(request_.size())) lose(at);
}

void runner::lose(std::size_t at) {
  connection& peer = connections_[at];
  if (peer.busy) {
    ++result_.broken;
    --in_flight_;
    peer.busy = false;
    if (open(at)) idle_.push_back(at);
    return;
  }
  // An idle connection closed by the server is its right; only its place in the pool is renewed.
  if (!open(at)) std::erase(idle_, at);
}

void runner::on_readable(std::size_t at) {
  connection& peer = connections_[at];
  std::array<char, 16 * 1024> chunk;
  const ssize_t got = ::recv(peer.socket.get(), chunk.data(), chunk.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0 || !peer.busy) {
    lose(at);
    return;
  }
  switch (peer.reader.feed({chunk.data(), static_cast<std::size_t>(got)})) {
    case response_reader::state::incomplete:
      return;
    case response_reader::state::unreadable:
      lose(at);
      return;
    case response_reader::state::complete:
      finish(at, clock::now());
  }
}

void runner::finish(std::size_t at, instant now) {
  connection& peer = connections_[at];
  result_.latency.record(
      static_cast<std::uint64_t>(std::chrono::nanoseconds(now - peer.due).count()));
  if (peer.reader.status() != 200) ++result_.wrong_status;
  if (options_.body_bytes && peer.reader.body_bytes() != *options_.body_bytes) {
    ++result_.wrong_length;
  }
  last_answer_ = now;
  peer.busy = false;
  --in_flight_;
  const bool closes = peer.reader.closes();
  peer.reader.clear();
  if (closes && !open(at)) return;
  if (interval_ > clock::duration::zero()) {
    idle_.push_back(at);
    dispatch();
  } else if (now < end_) {
    send(at, now);
  } else {
    idle_.push_back(at);
  }
}

}  // namespace bench
