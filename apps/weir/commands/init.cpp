#include "commands/init.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <string_view>

#include "exit_codes.hpp"

namespace weir::app {
namespace {

constexpr std::string_view starter =
    R"(# A configuration of weir. Check it with `weir check FILE`, look at what a route does with
# `weir explain FILE ROUTE`, run it with `weir serve FILE`. All keys: `weir check --reference`.

listen: 127.0.0.1:9000        # where clients connect
admin: 127.0.0.1:9901         # health, metrics, circuits; or `off`

# What weir calls. A URL is enough; a mapping can say more.
services:
  items: http://127.0.0.1:8000
  prices:
    url: http://127.0.0.1:8001
    timeout: 500ms            # this one must not keep the page waiting

# What all of them share. A service, a route or a step may say otherwise.
policies:
  default:
    timeout: 1s                                   # for a step, retries included
    retry:   {attempts: 2, backoff: 25ms..250ms}  # calls that may be repeated, within a budget
    breaker: {trip: {failures: 5, within: 10s}, open: 5s}

routes:
  # One answer made of many: steps run as soon as what they refer to is there.
  GET /items:
    deadline: 2500ms          # for the whole answer
    steps:
      items:
        get: items/items      # service/path; without a default the step is required
        expect: list
      price:
        each: items as item   # one call for each, at the same time
        limit: 32
        get: prices/prices/${item.id}
        take: ${body.price}
        default: null         # for that item alone
    reply:
      items:
        each: items as item, price as price_of_item
        id: ${item.id}
        name: ${item.name}
        price: ${price_of_item}

  # Passed on as it is.
  GET /items/{id}:
    proxy: items/items/${path.id}
)";

int fail(const std::string& file, int error) {
  if (error == EEXIST) {
    std::cerr << "weir: " << file << " is there already, and is left as it is; give another name\n";
  } else {
    std::cerr << "weir: " << file << ": " << std::strerror(error) << '\n';
  }
  return exit_failure;
}

}  // namespace

int init(const std::string& file) {
  if (file.empty()) {
    std::cout << starter;
    return std::cout.flush() ? exit_ok : exit_failure;
  }
  // O_EXCL: between looking and writing nobody's file can come in the way.
  const int to = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (to < 0) return fail(file, errno);
  std::string_view rest = starter;
  while (!rest.empty()) {
    const ssize_t n = ::write(to, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int error = errno;
      ::close(to);
      ::unlink(file.c_str());
      return fail(file, error);
    }
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  if (::close(to) != 0) return fail(file, errno);
  std::cerr << "wrote " << file << "; next: weir check " << file << "\n";
  return exit_ok;
}

}  // namespace weir::app
