#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/http/client.hpp"
#include "weir/io/loop.hpp"

namespace weir::stage {

// What came back to a visitor: an answer, or why there is none (status 0).
struct answer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  std::string failure;
  duration took{};

  std::string_view field(std::string_view name) const noexcept;  // empty when not there
};

struct question {
  std::uint16_t port = 0;  // on 127.0.0.1
  std::string target = "/";
  std::string method = "GET";
  std::string header_lines;
  std::string body;
  duration patience = std::chrono::seconds(10);
};

// Someone who asks a system over HTTP, as a browser would. Belongs to its loop's thread.
class visitor {
 public:
  using receiver = std::function<void(const answer&)>;

  explicit visitor(io::loop& on);
  ~visitor();

  void ask(question what, receiver done);  // `done` runs on the loop
  answer ask(question what);               // runs the loop until the answer is there

 private:
  struct talk;
  http::client_pool& pool(std::uint16_t port);
  void over(talk& which);

  io::loop& loop_;
  std::map<std::uint16_t, std::unique_ptr<http::client_pool>> pools_;
  std::map<const talk*, std::unique_ptr<talk>> talks_;
};

// Runs the loop for so long, or until `done` says so; false when the time passed first.
void wait(io::loop& on, duration how_long);
bool wait_until(io::loop& on, duration longest, const std::function<bool()>& done);

}  // namespace weir::stage
