// A service of one's own, written as one likes, that tells Consul of itself: it is found while it
// runs, and a restart fails no call.
//
//     example_registered http://127.0.0.1:8500 8001
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "weir/upstream/announcement.hpp"
#include "weir/upstream/consul_url.hpp"

namespace {

using namespace std::chrono_literals;

// As simple as a server can be: every connection gets a thread, one answer, and is closed.
void answer(int connection) {
  char request[4096];
  if (::recv(connection, request, sizeof request, 0) > 0) {
    std::this_thread::sleep_for(20ms);
    const std::string body = "{\"hello\": \"from " + std::to_string(::getpid()) + "\"}";
    const std::string reply =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
        "Content-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body;
    ::send(connection, reply.data(), reply.size(), MSG_NOSIGNAL);
  }
  ::close(connection);
}

int listen_on(std::uint16_t port) {
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(made, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || ::listen(made, 128) != 0) {
    std::perror("cannot listen");
    std::exit(1);
  }
  return made;
}

}  // namespace

int main(int argc, char** argv) {
  const auto consul = weir::upstream::parse_consul_url(argc == 3 ? argv[1] : "");
  if (!consul) {
    std::fprintf(stderr, "usage: example_registered CONSUL PORT: %s\n", consul.error().c_str());
    return 2;
  }
  // Before any thread: SIGTERM waits until it is asked for.
  sigset_t leaving;
  sigemptyset(&leaving);
  sigaddset(&leaving, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &leaving, nullptr);

  const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  const int listener = listen_on(port);
  std::thread accepting([listener] {
    std::vector<std::thread> running;
    for (int c; (c = ::accept(listener, nullptr, nullptr)) >= 0;) running.emplace_back(answer, c);
    for (std::thread& r : running) r.join();
  });

  weir::upstream::announcement here(*consul, {.name = "greetings",
                                              .address = "127.0.0.1",
                                              .port = port,
                                              .check_every = 1s,  // no path: a TTL, renewed for us
                                              .notice = 500ms});
  int which = 0;
  sigwait(&leaving, &which);
  here.leave();                     // nobody is sent here any more
  ::shutdown(listener, SHUT_RDWR);  // no more is accepted
  accepting.join();                 // those who are here are served to their end
  ::close(listener);
}
